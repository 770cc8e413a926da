import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { DestinationView } from "../api/description";
import { useNotices } from "../frame/notices";
import { Confirm } from "../parts/confirm";
import { useApi } from "../session/session";

export function DeleteDestination({ destination, close }: { destination: DestinationView; close(): void }) {
  const api = useApi();
  const navigate = useNavigate();
  const notices = useNotices();
  const answers = useQueryClient();
  return (
    <Confirm
      title={`Delete ${destination.name}?`}
      verb="Delete"
      close={close}
      act={async () => {
        await api.DELETE("/destinations/{destination_id}", {
          params: { path: { destination_id: destination.destination_id } },
        });
        notices.done(`${destination.name} is deleted.`);
        navigate("/destinations");
        answers.removeQueries({ queryKey: ["destinations"] });
      }}
    >
      <div>
        {destination.kind === "hosted"
          ? "Its credentials end at once. Files that lie in the folder stay until their time is over, but nobody can read them any more."
          : "Its credentials are deleted with it. Files that were delivered stay where they are."}
      </div>
      <div>This cannot be undone. A destination that a rule names is not deleted.</div>
    </Confirm>
  );
}
