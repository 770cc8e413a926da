import { useQueryClient } from "@tanstack/react-query";
import type { TemplateView } from "../api/description";
import { useNotices } from "../frame/notices";
import { Confirm } from "../parts/confirm";
import { useApi } from "../session/session";

export function DeleteTemplate({ template, close }: { template: TemplateView; close(): void }) {
  const api = useApi();
  const notices = useNotices();
  const answers = useQueryClient();
  return (
    <Confirm
      title={`Delete ${template.name}?`}
      verb="Delete"
      close={close}
      act={async () => {
        await api.DELETE("/templates/{template_id}", { params: { path: { template_id: template.template_id } } });
        await answers.invalidateQueries({ queryKey: ["templates"] });
        notices.done(`The template ${template.name} is deleted.`);
      }}
    >
      Rules that were made of it stay as they are.
    </Confirm>
  );
}
