import type { DatasetDetail } from "../api/description";
import { Delete } from "../parts/delete";
import { useApi } from "../session/session";

export function DeleteDataset({ dataset, close }: { dataset: DatasetDetail; close(): void }) {
  const api = useApi();
  const path = { name: dataset.name };
  return (
    <Delete
      name={dataset.title}
      list="datasets"
      remove={() => api.DELETE("/datasets/{name}", { params: { path } })}
      close={close}
    >
      What lies in the lake stays. A dataset that a rule names is not deleted.
    </Delete>
  );
}
