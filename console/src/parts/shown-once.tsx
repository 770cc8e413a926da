import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useState } from "react";

/** A secret that nobody sees again: it closes only when somebody says that they have it, or insists. */
export function ShownOnce({ title, children, close }: { title: string; children: ReactNode; close(): void }) {
  const [kept, setKept] = useState(false);
  return (
    <Modal
      visible
      size="large"
      header={title}
      closeAriaLabel="Close"
      // A click beside it, or Escape, would lose the secret.
      onDismiss={({ detail }) => {
        if (kept || detail.reason === "closeButton") close();
      }}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="m" alignItems="center">
            <Checkbox checked={kept} onChange={({ detail }) => setKept(detail.checked)}>
              I have kept it
            </Checkbox>
            <Button variant="primary" disabled={!kept} onClick={close}>
              Done
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">{children}</SpaceBetween>
    </Modal>
  );
}
