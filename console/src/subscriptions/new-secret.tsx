import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import { Copied } from "../parts/copied";
import { CopiedText } from "../parts/copied-text";
import { ShownOnce } from "../parts/shown-once";
import { instant } from "../parts/words";
import { VERIFICATION } from "./verification";

interface Props {
  readonly name: string;
  readonly secret: string;
  /** So long the secret before signs as well, null where there is none. */
  readonly until?: string | null;
  close(): void;
}

/** A webhook's secret, and what a receiver does with it. */
export function NewSecret({ name, secret, until = null, close }: Props) {
  return (
    <ShownOnce title={`The secret of ${name}`} close={close}>
      <Alert type="warning">
        It is shown this once. Whoever has it can send your receiver what looks like Waybill's.
        {until && ` Until ${instant(until)} UTC each webhook is signed with the old one as well.`}
      </Alert>
      <Copied what="Secret" text={secret} />
      <Box variant="p">
        Webhooks are signed as the Standard Webhooks specification has it, so its libraries verify them. By hand, over
        the body's bytes as they came:
      </Box>
      <CopiedText what="Python that verifies a webhook" text={VERIFICATION} />
    </ShownOnce>
  );
}
