import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { DestinationView } from "../api/description";
import { instant } from "../parts/words";

/** Which host keys were confirmed, by whom and when; the newest first. */
export function HostKeys({ destination }: { destination: DestinationView }) {
  return (
    <Table
      header={
        <Header variant="h2" description="A server that shows another key than the newest of these gets nothing.">
          Confirmed host keys
        </Header>
      }
      items={destination.host_keys.toReversed()}
      wrapLines
      ariaLabels={{ tableLabel: "Confirmed host keys" }}
      empty={<Box textAlign="center">None yet: the connection test shows the server's, and you confirm it.</Box>}
      columnDefinitions={[
        { id: "key", header: "Fingerprint", isRowHeader: true, cell: (one) => <code>{one.host_key}</code> },
        { id: "by", header: "Confirmed by", cell: (one) => one.approved_by },
        { id: "at", header: "Confirmed (UTC)", cell: (one) => instant(one.approved_at) },
      ]}
    />
  );
}
