import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { bodyOf } from "../api/client";
import type { HoleView } from "../api/description";
import { Empty } from "../parts/empty";
import { Link } from "../parts/link";
import { ListTable } from "../parts/list-table";
import { usePaged } from "../parts/paged";
import { instant, span } from "../parts/words";
import { useAllRules } from "../rules/use-all-rules";
import { useApi } from "../session/session";
import { holeWords } from "./hole-words";

const WHAT =
  "A hole is time of a rule of which it is not certain that every row was delivered, and only once. Every hour each rule is looked at anew; what is mended is gone from here by then.";

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
        <Header variant="h1" description={WHAT}>
          Holes
        </Header>
      }
      empty={<Empty title="No holes">Every window that is over has its one run, and what was due is delivered.</Empty>}
      columnDefinitions={[
        {
          id: "kind",
          header: "What happened",
          minWidth: 240,
          cell: (one) => {
            const { title, why } = holeWords(one);
            return (
              <>
                <StatusIndicator type="warning">{title}</StatusIndicator>
                <Box color="text-body-secondary">{why}</Box>
              </>
            );
          },
        },
        {
          id: "rule",
          header: "Rule",
          isRowHeader: true,
          cell: (one) => <Link to={`/rules/${one.rule_id}`}>{names.get(one.rule_id) ?? one.rule_id}</Link>,
        },
        { id: "window", header: "Window (UTC)", minWidth: 130, cell: (one) => span(one.window_start, one.window_end) },
        {
          id: "todo",
          header: "What to do",
          minWidth: 240,
          cell: (one) => {
            const { todo, at } = holeWords(one);
            return (
              <>
                <div>{todo}</div>
                <Link to={at[0]}>{at[1]}</Link>
              </>
            );
          },
        },
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
