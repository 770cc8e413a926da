import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { DatasetDetail } from "../api/description";
import { useNotices } from "../frame/notices";
import { Confirm } from "../parts/confirm";
import { useApi } from "../session/session";

export function DeleteDataset({ dataset, close }: { dataset: DatasetDetail; close(): void }) {
  const api = useApi();
  const navigate = useNavigate();
  const notices = useNotices();
  const answers = useQueryClient();
  return (
    <Confirm
      title={`Delete ${dataset.title}?`}
      verb="Delete"
      close={close}
      act={async () => {
        await api.DELETE("/datasets/{name}", { params: { path: { name: dataset.name } } });
        notices.done(`The dataset ${dataset.title} is deleted.`);
        navigate("/datasets");
        answers.removeQueries({ queryKey: ["datasets"] });
      }}
    >
      What lies in the lake stays. A dataset that a rule names is not deleted.
    </Confirm>
  );
}
