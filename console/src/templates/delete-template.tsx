import type { TemplateView } from "../api/description";
import { Delete } from "../parts/delete";
import { useApi } from "../session/session";

export function DeleteTemplate({ template, close }: { template: TemplateView; close(): void }) {
  const api = useApi();
  const path = { template_id: template.template_id };
  return (
    <Delete
      name={template.name}
      list="templates"
      remove={() => api.DELETE("/templates/{template_id}", { params: { path } })}
      close={close}
    >
      Rules that were made of it stay as they are.
    </Delete>
  );
}
