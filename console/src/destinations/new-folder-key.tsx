import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import type { RenewedView } from "../api/description";
import { Copied } from "../parts/copied";
import { CopiedText } from "../parts/copied-text";
import { ShownOnce } from "../parts/shown-once";
import { clientSettings } from "./client-settings";

export function NewFolderKey({ made, close }: { made: RenewedView; close(): void }) {
  return (
    <ShownOnce title="New credentials" close={close}>
      <Alert type="warning">The secret is shown this once. Nobody can show it again; you can only make another.</Alert>
      <KeyValuePairs
        columns={1}
        items={[
          { label: "Access key ID", value: <Copied what="Access key ID" text={made.access_key_id} /> },
          { label: "Secret access key", value: <Copied what="Secret access key" text={made.secret_access_key} /> },
        ]}
      />
      <Tabs
        ariaLabel="Settings for clients"
        tabs={clientSettings(made).map(({ id, client, where, lines }) => ({
          id,
          label: client,
          content: (
            <SpaceBetween size="xs">
              <Box variant="p">{where}</Box>
              <CopiedText what={`Settings for ${client}`} text={lines} />
            </SpaceBetween>
          ),
        }))}
      />
    </ShownOnce>
  );
}
