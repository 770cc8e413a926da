import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate } from "react-router";
import { bodyOf } from "../api/client";
import type { TemplateView } from "../api/description";
import { Empty } from "../parts/empty";
import { Link } from "../parts/link";
import { ListTable } from "../parts/list-table";
import { usePaged } from "../parts/paged";
import { shared } from "../parts/sharing";
import { instant } from "../parts/words";
import { useApi, useMay } from "../session/session";
import { DeleteTemplate } from "./delete-template";
import { useIsMine } from "./use-is-mine";

export function TemplatesPage() {
  const api = useApi();
  const may = useMay();
  const navigate = useNavigate();
  const isMine = useIsMine();
  const [deleting, setDeleting] = useState<TemplateView>();
  const templates = usePaged<TemplateView>(["templates"], (cursor) =>
    bodyOf(api.GET("/templates", { params: { query: cursor ? { cursor } : {} } })),
  );
  const create = may("manage_templates") && (
    <Button variant="primary" onClick={() => navigate("/templates/new")}>
      Create template
    </Button>
  );
  return (
    <>
      <ListTable
        what="templates"
        list={templates}
        variant="full-page"
        header={
          <Header variant="h1" actions={create} description="Saved settings to begin new rules with.">
            Templates
          </Header>
        }
        empty={
          <Empty title="No templates yet" action={create}>
            Save the settings of a rule as a template in the wizard's last step, or write one here.
          </Empty>
        }
        columnDefinitions={[
          {
            id: "name",
            header: "Name",
            isRowHeader: true,
            cell: (one) => <Link to={`/templates/${one.template_id}`}>{one.name}</Link>,
          },
          { id: "has", header: "Has", cell: (one) => Object.keys(one.settings).join(", ").replaceAll("_", " ") || "–" },
          { id: "shared", header: "Shared with", cell: (one) => shared(one.shared, "Nobody else") },
          { id: "by", header: "Made by", cell: (one) => one.created_by },
          { id: "at", header: "Changed (UTC)", minWidth: 160, cell: (one) => instant(one.updated_at) },
          {
            id: "actions",
            header: "Actions",
            minWidth: 150,
            cell: (one) => (
              <SpaceBetween direction="horizontal" size="xs">
                {may("export") && (
                  <Button
                    ariaLabel={`Use ${one.name}`}
                    onClick={() => navigate(`/rules/new?template=${one.template_id}`)}
                  >
                    Use
                  </Button>
                )}
                {may("manage_templates") && isMine(one.created_by) && (
                  <ButtonDropdown
                    variant="icon"
                    ariaLabel={`More for ${one.name}`}
                    expandToViewport
                    items={[
                      { id: "change", text: "Change" },
                      { id: "delete", text: "Delete" },
                    ]}
                    onItemClick={({ detail }) =>
                      detail.id === "delete" ? setDeleting(one) : navigate(`/templates/${one.template_id}`)
                    }
                  />
                )}
              </SpaceBetween>
            ),
          },
        ]}
      />
      {deleting && <DeleteTemplate template={deleting} close={() => setDeleting(undefined)} />}
    </>
  );
}
