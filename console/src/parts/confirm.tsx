import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type ReactNode, useState } from "react";
import { Failed } from "./failed";

interface Question {
  readonly title: string;
  /** What will happen, and what cannot be undone. */
  readonly children: ReactNode;
  /** The verb on the button. */
  readonly verb: string;
  readonly disabled?: boolean;
  /** Does it; the dialog stays open with the reason where it fails. */
  act(): Promise<unknown>;
  close(): void;
}

/** A question before something that cannot be taken back. Mount it when it is to be asked. */
export function Confirm({ title, children, verb, disabled = false, act, close }: Question) {
  const [acting, setActing] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  async function confirm() {
    setActing(true);
    setFailure(null);
    try {
      await act();
      close();
    } catch (problem) {
      setFailure(problem);
      setActing(false);
    }
  }
  return (
    <Modal
      visible
      header={title}
      onDismiss={close}
      closeAriaLabel="Close"
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              Cancel
            </Button>
            <Button variant="primary" onClick={confirm} loading={acting} disabled={disabled}>
              {verb}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {children}
        {failure !== null && <Failed failure={failure} />}
      </SpaceBetween>
    </Modal>
  );
}
