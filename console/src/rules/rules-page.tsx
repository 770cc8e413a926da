import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import { useNavigate } from "react-router";
import { bodyOf } from "../api/client";
import type { RuleView } from "../api/description";
import { Empty } from "../parts/empty";
import { Link } from "../parts/link";
import { ListTable } from "../parts/list-table";
import { Outcome } from "../parts/outcome";
import { usePaged } from "../parts/paged";
import { instant } from "../parts/words";
import { useApi, useMay } from "../session/session";

export function RulesPage() {
  const api = useApi();
  const may = useMay();
  const navigate = useNavigate();
  const rules = usePaged<RuleView>(["rules"], (cursor) =>
    bodyOf(api.GET("/rules", { params: { query: cursor ? { cursor } : {} } })),
  );
  const create = may("export") && (
    <Button variant="primary" onClick={() => navigate("/rules/new")}>
      Create rule
    </Button>
  );
  return (
    <ListTable
      what="rules"
      list={rules}
      variant="full-page"
      header={
        <Header
          variant="h1"
          actions={create}
          description="Each rule says what leaves, when, in which shape and to where."
        >
          Rules
        </Header>
      }
      empty={
        <Empty title="No rules yet" action={create}>
          A rule delivers your data by itself from its first window on. You need a destination for it.
        </Empty>
      }
      columnDefinitions={[
        {
          id: "name",
          header: "Name",
          isRowHeader: true,
          cell: (rule) => <Link to={`/rules/${rule.rule_id}`}>{rule.settings.name}</Link>,
        },
        { id: "state", header: "State", cell: (rule) => <Outcome state={rule.state} /> },
        { id: "frequency", header: "Frequency", cell: (rule) => rule.settings.schedule.frequency },
        { id: "next", header: "Next run (UTC)", cell: (rule) => instant(rule.next_run) },
      ]}
    />
  );
}
