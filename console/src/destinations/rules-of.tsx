import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import { useNavigate } from "react-router";
import { bodyOf } from "../api/client";
import type { DestinationView, RuleView } from "../api/description";
import { Empty } from "../parts/empty";
import { Link } from "../parts/link";
import { ListTable } from "../parts/list-table";
import { Outcome } from "../parts/outcome";
import { usePaged } from "../parts/paged";
import { instant } from "../parts/words";
import { useApi, useMay } from "../session/session";

/** The rules that deliver there. */
export function RulesOf({ destination }: { destination: DestinationView }) {
  const api = useApi();
  const may = useMay();
  const navigate = useNavigate();
  const id = destination.destination_id;
  const rules = usePaged<RuleView>(["rules", { destination: id }], (cursor) =>
    bodyOf(api.GET("/rules", { params: { query: { destination: id, ...(cursor ? { cursor } : {}) } } })),
  );
  const create = may("export") && destination.usable && (
    <Button onClick={() => navigate(`/rules/new?destination=${id}`)}>Create rule</Button>
  );
  return (
    <ListTable
      what="rules that deliver here"
      list={rules}
      header={<Header variant="h2">Rules that deliver here</Header>}
      empty={<Empty title="No rule delivers here yet" action={create} />}
      columnDefinitions={[
        {
          id: "name",
          header: "Name",
          isRowHeader: true,
          cell: (rule) => <Link to={`/rules/${rule.rule_id}`}>{rule.settings.name}</Link>,
        },
        { id: "state", header: "State", cell: (rule) => <Outcome state={rule.state} /> },
        { id: "next", header: "Next run (UTC)", cell: (rule) => instant(rule.next_run) },
      ]}
    />
  );
}
