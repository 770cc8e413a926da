import Modal from "@cloudscape-design/components/modal";
import type { DestinationView } from "../../api/description";
import { DestinationForm } from "../../destinations/destination-form";

interface Props {
  onSaved(destination: DestinationView): void;
  close(): void;
}

/** A destination made and tested without leaving the rule. */
export function NewDestination({ onSaved, close }: Props) {
  return (
    <Modal visible size="large" header="Make a destination" closeAriaLabel="Close" onDismiss={close}>
      <DestinationForm onSaved={onSaved} onCancel={close} />
    </Modal>
  );
}
