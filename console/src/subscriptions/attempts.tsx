import Header from "@cloudscape-design/components/header";
import type { AttemptView } from "../api/description";
import { Empty } from "../parts/empty";
import { Link } from "../parts/link";
import { ListTable } from "../parts/list-table";
import type { Paged } from "../parts/paged";
import { instant } from "../parts/words";
import { AttemptResult } from "./attempt-result";
import { eventLabel } from "./events";
import { inWords } from "./in-words";

/** What was sent in the last thirty days, the newest first. */
export function Attempts({ list, isMail }: { list: Paged<AttemptView>; isMail: boolean }) {
  return (
    <ListTable
      what="attempts"
      list={list}
      header={
        <Header
          variant="h2"
          description="Of the last thirty days, the newest first. An event is tried up to nine times within 30 hours."
        >
          Attempts
        </Header>
      }
      empty={<Empty title="Nothing was sent yet">Send a test to see whether it arrives.</Empty>}
      columnDefinitions={[
        { id: "at", header: "Time (UTC)", minWidth: 150, isRowHeader: true, cell: (one) => instant(one.at) },
        { id: "event", header: "Event", minWidth: 160, cell: (one) => <Event of={one} /> },
        ...(isMail ? [{ id: "to", header: "To", minWidth: 160, cell: (one: AttemptView) => one.to }] : []),
        { id: "number", header: "Attempt", minWidth: 90, cell: (one) => one.number },
        { id: "result", header: "Result", minWidth: 180, cell: (one) => <AttemptResult of={one} /> },
        ...(isMail
          ? []
          : [{ id: "status", header: "HTTP status", minWidth: 110, cell: (one: AttemptView) => one.status ?? "–" }]),
        { id: "message", header: "Message", minWidth: 260, cell: (one) => inWords(one.message) },
        { id: "next", header: "Next attempt (UTC)", minWidth: 150, cell: (one) => instant(one.next_at) },
      ]}
    />
  );
}

function Event({ of: { event, run_id } }: { of: AttemptView }) {
  const label = eventLabel(event);
  return run_id ? <Link to={`/runs/${run_id}`}>{label}</Link> : label;
}
