import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import type { FolderKeyView } from "../api/description";
import { instant } from "../parts/words";

export function FolderKeyTable({ keys }: { keys: readonly FolderKeyView[] }) {
  return (
    <Table
      variant="embedded"
      items={[...keys]}
      wrapLines
      ariaLabels={{ tableLabel: "Credentials" }}
      empty={<Box textAlign="center">None yet. Make credentials to read what lies in the folder.</Box>}
      columnDefinitions={[
        { id: "id", header: "Access key ID", isRowHeader: true, cell: (key) => <code>{key.access_key_id}</code> },
        {
          id: "state",
          header: "State",
          minWidth: 130,
          cell: (key) =>
            key.ends_at ? (
              <StatusIndicator type="pending">Ends {instant(key.ends_at)} UTC</StatusIndicator>
            ) : (
              <StatusIndicator type="success">In force</StatusIndicator>
            ),
        },
        { id: "made", header: "Made (UTC)", minWidth: 150, cell: (key) => instant(key.made_at) },
        { id: "by", header: "Made by", cell: (key) => key.made_by || "–" },
        {
          id: "used",
          header: "Last used (UTC)",
          minWidth: 150,
          cell: (key) => (key.last_used ? instant(key.last_used) : "Never"),
        },
      ]}
    />
  );
}
