import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf, once } from "../api/client";
import type { DestinationView, FolderKeyView, RenewedView } from "../api/description";
import { Confirm } from "../parts/confirm";
import { useApi } from "../session/session";

const AT_ONCE = { value: "0", label: "At once" };
const OVERLAPS = [
  AT_ONCE,
  { value: "60", label: "In an hour" },
  { value: "1440", label: "In a day" },
  { value: "10080", label: "In a week" },
];

interface Props {
  readonly destination: DestinationView;
  /** Which the new one takes the place of. */
  readonly current: FolderKeyView | undefined;
  close(): void;
  onRenewed(made: RenewedView): void;
}

/** A new key; whoever reads with the old one can do so no longer, at once or after a while. */
export function RenewFolderKey({ destination, current, close, onRenewed }: Props) {
  const api = useApi();
  const answers = useQueryClient();
  const [overlap, setOverlap] = useState(AT_ONCE);
  const [header] = useState(once);
  return (
    <Confirm
      title={current ? "Refresh the credentials?" : "Make credentials?"}
      verb={current ? "Refresh" : "Make"}
      close={close}
      act={async () => {
        const made = await bodyOf(
          api.POST("/destinations/{destination_id}/credentials", {
            params: { path: { destination_id: destination.destination_id }, header },
            body: { confirm: true, overlap_minutes: Number(overlap.value) },
          }),
        );
        onRenewed(made);
        await answers.invalidateQueries({ queryKey: ["destinations", destination.destination_id, "credentials"] });
      }}
    >
      <div>The new secret is shown once. Have the place ready where you keep it.</div>
      {current && (
        <FormField
          label={`The old key, ${current.access_key_id}, ends`}
          description="Whoever reads with it then gets nothing any more. Any key that is older ends at once."
        >
          <Select
            options={OVERLAPS}
            selectedOption={overlap}
            onChange={({ detail }) =>
              setOverlap(OVERLAPS.find((one) => one.value === detail.selectedOption.value) ?? AT_ONCE)
            }
          />
        </FormField>
      )}
    </Confirm>
  );
}
