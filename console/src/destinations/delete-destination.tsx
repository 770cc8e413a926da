import type { DestinationView } from "../api/description";
import { Delete } from "../parts/delete";
import { useApi } from "../session/session";

export function DeleteDestination({ destination, close }: { destination: DestinationView; close(): void }) {
  const api = useApi();
  const path = { destination_id: destination.destination_id };
  return (
    <Delete
      name={destination.name}
      list="destinations"
      remove={() => api.DELETE("/destinations/{destination_id}", { params: { path } })}
      close={close}
    >
      <div>
        {destination.kind === "hosted"
          ? "Its credentials end at once. Files that lie in the folder stay until their time is over, but nobody can read them any more."
          : "Its credentials are deleted with it. Files that were delivered stay where they are."}
      </div>
      <div>This cannot be undone. A destination that a rule names is not deleted.</div>
    </Delete>
  );
}
