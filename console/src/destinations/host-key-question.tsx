import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { Copied } from "../parts/copied";
import type { HostKeyQuestion as Question } from "./steps";

interface Props {
  readonly question: Question;
  readonly busy: boolean;
  confirm(): void;
}

/** Whether this is the right server: only somebody who asks its owner can say so. */
export function HostKeyQuestion({ question: { shown, confirmed }, busy, confirm }: Props) {
  const changed = confirmed !== undefined;
  return (
    <Alert
      type={changed ? "error" : "warning"}
      header={changed ? "The server shows another host key than the confirmed one" : "Is this the right server?"}
    >
      <SpaceBetween size="s">
        {changed && (
          <div>
            Nothing was sent. If the server's owner did not change it, somebody may be listening on the line: do not
            confirm it.
          </div>
        )}
        {changed && (
          <div>
            Confirmed before: <Copied what="Confirmed fingerprint" text={confirmed} />
          </div>
        )}
        <div>
          {changed ? "Shown now: " : "The server shows the host key "}
          <Copied what="Fingerprint" text={shown} />
        </div>
        <div>
          Ask the server's owner whether it is theirs. On the server,{" "}
          <code>ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub</code> shows it, or the file beside it for another type
          of key.
        </div>
        <Button formAction="none" onClick={confirm} loading={busy} variant={changed ? "normal" : "primary"}>
          {changed ? "It was changed by its owner: confirm the new key" : "It is theirs: confirm"}
        </Button>
      </SpaceBetween>
    </Alert>
  );
}
