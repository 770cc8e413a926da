import Header from "@cloudscape-design/components/header";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { bodyOf } from "../api/client";
import type { HoleView } from "../api/description";
import { Empty } from "../parts/empty";
import { Link } from "../parts/link";
import { ListTable } from "../parts/list-table";
import { usePaged } from "../parts/paged";
import { instant, span, words } from "../parts/words";
import { useAllRules } from "../rules/use-all-rules";
import { useApi } from "../session/session";

const KINDS: Readonly<Record<string, string>> = {
  missing: "No run took charge",
  overlap: "Two runs took charge",
  strange: "Bounds that the schedule does not have",
  unclaimed: "Due, and nothing runs it",
  stalled: "A run does not go on",
  failed: "Not delivered to all destinations",
};

/** What the hourly audit found and still stands. */
export function HolesPage() {
  const api = useApi();
  const rules = useAllRules();
  const names = new Map(rules?.map((rule) => [rule.rule_id, rule.settings.name]));
  const holes = usePaged<HoleView>(["holes"], (cursor) =>
    bodyOf(api.GET("/holes", { params: { query: cursor ? { cursor } : {} } })),
  );
  return (
    <ListTable
      what="holes"
      list={holes}
      variant="full-page"
      header={
        <Header
          variant="h1"
          description="Windows that an audit, every hour, did not find delivered as promised. Each goes with the audit that finds it no more."
        >
          Holes
        </Header>
      }
      empty={
        <Empty title="No holes">Every window of every rule that is over has its one run. Nothing is to be done.</Empty>
      }
      columnDefinitions={[
        {
          id: "kind",
          header: "Kind",
          minWidth: 240,
          cell: (one) => <StatusIndicator type="warning">{KINDS[one.kind] ?? words(one.kind)}</StatusIndicator>,
        },
        {
          id: "rule",
          header: "Rule",
          isRowHeader: true,
          cell: (one) => <Link to={`/rules/${one.rule_id}`}>{names.get(one.rule_id) ?? one.rule_id}</Link>,
        },
        { id: "window", header: "Window (UTC)", minWidth: 130, cell: (one) => span(one.window_start, one.window_end) },
        { id: "message", header: "What to do", minWidth: 260, cell: (one) => one.message },
        {
          id: "runs",
          header: "Runs",
          cell: (one) =>
            one.run_ids.length === 0
              ? "–"
              : one.run_ids.map((id) => (
                  <div key={id}>
                    <Link to={`/runs/${id}`}>{id}</Link>
                  </div>
                )),
        },
        { id: "first", header: "First seen (UTC)", minWidth: 160, cell: (one) => instant(one.first_seen) },
      ]}
    />
  );
}
