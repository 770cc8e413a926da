import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useState } from "react";
import { useNavigate } from "react-router";
import { bodyOf } from "../api/client";
import type { ApiKeyView } from "../api/description";
import { Delete } from "../parts/delete";
import { Empty } from "../parts/empty";
import { ListTable } from "../parts/list-table";
import { usePaged } from "../parts/paged";
import { instant, words } from "../parts/words";
import { PERMISSIONS } from "../session/permissions";
import { useApi } from "../session/session";

const LABELS = new Map(PERMISSIONS.map((one) => [one.id, one.label]));

export function ApiKeysPage() {
  const api = useApi();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState<ApiKeyView>();
  const keys = usePaged<ApiKeyView>(["api-keys"], (cursor) =>
    bodyOf(api.GET("/api-keys", { params: { query: cursor ? { cursor } : {} } })),
  );
  const make = (
    <Button variant="primary" onClick={() => navigate("/api-keys/new")}>
      Make key
    </Button>
  );
  return (
    <>
      <ListTable
        what="API keys"
        list={keys}
        variant="full-page"
        header={
          <Header
            variant="h1"
            actions={make}
            description="With a key, people sign in here, and programs call the API and the command line."
          >
            API keys
          </Header>
        }
        empty={<Empty title="No API keys" action={make} />}
        columnDefinitions={[
          { id: "name", header: "Name", isRowHeader: true, cell: (one) => one.name },
          { id: "state", header: "State", minWidth: 180, cell: (one) => <State apiKey={one} /> },
          { id: "level", header: "Level", cell: levelOf },
          {
            id: "may",
            header: "May",
            minWidth: 220,
            cell: (one) =>
              one.permissions.length === PERMISSIONS.length
                ? "Everything"
                : one.permissions.map((id) => LABELS.get(id) ?? id).join(", "),
          },
          {
            id: "by",
            minWidth: 160,
            header: "Made (UTC)",
            cell: (one) => `${instant(one.created_at)} by ${one.created_by || "the operator"}`,
          },
          { id: "id", header: "ID", cell: (one) => <code>{one.key_id}</code> },
          {
            id: "delete",
            header: "Delete",
            cell: (one) => (
              <Button
                variant="inline-icon"
                iconName="remove"
                ariaLabel={`Delete ${one.name}`}
                onClick={() => setDeleting(one)}
              />
            ),
          },
        ]}
      />
      {deleting && <DeleteKey apiKey={deleting} close={() => setDeleting(undefined)} />}
    </>
  );
}

function State({ apiKey }: { apiKey: ApiKeyView }) {
  if (apiKey.expired) return <StatusIndicator type="stopped">Expired on {instant(apiKey.expires_at)}</StatusIndicator>;
  return (
    <StatusIndicator type="success">
      {apiKey.expires_at ? `Until ${instant(apiKey.expires_at)}` : "Without an end"}
    </StatusIndicator>
  );
}

function levelOf({ level, user, groups }: ApiKeyView): string {
  const whose = [user, ...groups.map((group) => `group ${group}`)].filter(Boolean).join(", ");
  return level === "user" && whose ? `User: ${whose}` : words(level);
}

function DeleteKey({ apiKey, close }: { apiKey: ApiKeyView; close(): void }) {
  const api = useApi();
  const path = { key_id: apiKey.key_id };
  return (
    <Delete
      name={apiKey.name}
      list="api-keys"
      remove={() => api.DELETE("/api-keys/{key_id}", { params: { path } })}
      close={close}
    >
      Within a minute, whoever uses it is refused: people here, and programs. If it is the key with which you are signed
      in, you are signed out. Rules that were made with it go on.
    </Delete>
  );
}
