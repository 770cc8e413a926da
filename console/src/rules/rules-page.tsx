import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { TableProps } from "@cloudscape-design/components/table";
import { useState } from "react";
import { useNavigate } from "react-router";
import { bodyOf } from "../api/client";
import type { RuleOrder, RuleState, RuleView } from "../api/description";
import { Empty } from "../parts/empty";
import { Link } from "../parts/link";
import { ListTable } from "../parts/list-table";
import { Outcome } from "../parts/outcome";
import { usePaged } from "../parts/paged";
import { useSettled } from "../parts/use-settled";
import { away, instant } from "../parts/words";
import { isGoingOn } from "../runs/sentence";
import { useApi, useMay } from "../session/session";
import { RuleMenu } from "./rule-menu";
import { frequencyWords, listed } from "./schedule-words";
import { useDatasets } from "./use-datasets";
import { useDestinationNames } from "./use-destinations";

const STATES = [
  { value: "", label: "Any state" },
  { value: "active", label: "Active" },
  { value: "inactive", label: "Inactive" },
  { value: "paused", label: "Paused" },
];
const LIVE = 5_000;
const AT_ONCE = 25;

/** The tenant's rules: what they are, when they run next, and how the last run went. */
export function RulesPage() {
  const api = useApi();
  const may = useMay();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [state, setState] = useState("");
  const [dataset, setDataset] = useState("");
  const [sorting, setSorting] = useState<TableProps.SortingState<RuleView>>({
    sortingColumn: { sortingField: "name" },
  });
  const datasets = useDatasets().data ?? [];
  const nameOf = useDestinationNames();
  const asked = {
    name: useSettled(name.trim()),
    dataset,
    ...(state ? { state: state as RuleState } : {}),
    order: `${sorting.isDescending ? "-" : ""}${sorting.sortingColumn.sortingField}` as RuleOrder,
  };
  const rules = usePaged<RuleView>(
    ["rules", "list", asked],
    (cursor) =>
      bodyOf(
        api.GET("/rules", {
          params: { query: { ...asked, last_run: true, limit: AT_ONCE, ...(cursor ? { cursor } : {}) } },
        }),
      ),
    (items) => items.some((one) => one.last_run && isGoingOn(one.last_run)) && LIVE,
  );
  const create = may("export") && (
    <Button variant="primary" onClick={() => navigate("/rules/new")}>
      Create rule
    </Button>
  );
  const filtered = Boolean(asked.name || state || dataset);
  const choices = [
    { value: "", label: "Any dataset" },
    ...datasets.map((one) => ({ value: one.name, label: one.title })),
  ];
  return (
    <ListTable<RuleView>
      what="rules"
      list={rules}
      variant="full-page"
      sortingColumn={sorting.sortingColumn}
      sortingDescending={sorting.isDescending ?? false}
      onSortingChange={({ detail }) => setSorting(detail)}
      header={
        <Header
          variant="h1"
          actions={create}
          description="Each rule says what leaves, when, in which shape and to where."
        >
          Rules
        </Header>
      }
      filter={
        <SpaceBetween direction="horizontal" size="xs">
          <Input
            type="search"
            value={name}
            placeholder="Find by name"
            ariaLabel="Find rules by name"
            clearAriaLabel="Clear"
            onChange={({ detail }) => setName(detail.value)}
          />
          <Select
            options={STATES}
            selectedOption={STATES.find((one) => one.value === state) ?? null}
            ariaLabel="State"
            onChange={({ detail }) => setState(detail.selectedOption.value ?? "")}
          />
          <Select
            options={choices}
            selectedOption={choices.find((one) => one.value === dataset) ?? null}
            ariaLabel="Dataset"
            filteringType="auto"
            filteringAriaLabel="Find a dataset"
            filteringClearAriaLabel="Clear"
            onChange={({ detail }) => setDataset(detail.selectedOption.value ?? "")}
          />
        </SpaceBetween>
      }
      empty={
        filtered ? (
          <Box>No rule fits. Look for another name, state or dataset.</Box>
        ) : (
          <Empty title="No rules yet" action={create}>
            A rule delivers your data by itself from its first window on. You need a destination for it.
          </Empty>
        )
      }
      columnDefinitions={columns(nameOf, may("export"))}
    />
  );
}

function columns(nameOf: (id: string) => string, acts: boolean): TableProps.ColumnDefinition<RuleView>[] {
  const all: TableProps.ColumnDefinition<RuleView>[] = [
    {
      id: "name",
      header: "Name",
      isRowHeader: true,
      sortingField: "name",
      minWidth: 160,
      cell: (rule) => <Link to={`/rules/${rule.rule_id}`}>{rule.settings.name}</Link>,
    },
    { id: "state", header: "State", minWidth: 130, cell: (rule) => <State rule={rule} /> },
    { id: "frequency", header: "Frequency", minWidth: 150, cell: (rule) => frequencyWords(rule.settings.schedule) },
    {
      id: "next",
      header: "Next run",
      sortingField: "next_run",
      minWidth: 150,
      cell: (rule) => <NextRun rule={rule} />,
    },
    { id: "last", header: "Last outcome", minWidth: 125, cell: (rule) => <LastOutcome rule={rule} /> },
    { id: "to", header: "Destinations", minWidth: 120, cell: (rule) => listed(rule.settings.destinations.map(nameOf)) },
    { id: "actions", header: "Actions", minWidth: 95, cell: (rule) => <RuleMenu rule={rule} inline /> },
  ];
  return all.filter((one) => one.id !== "actions" || acts);
}

export function State({ rule }: { rule: RuleView }) {
  return (
    <>
      <Outcome state={rule.state} />
      {rule.paused_because && (
        <Box variant="small" color="text-body-secondary" display="block">
          {rule.paused_because}
        </Box>
      )}
    </>
  );
}

/** `long`: in UTC as well. */
export function NextRun({ rule, long = false }: { rule: RuleView; long?: boolean }) {
  const { zone, frequency } = rule.settings.schedule;
  if (!rule.next_run || frequency === "arrival") return <>–</>;
  const due = Date.parse(rule.next_run) <= Date.now();
  return (
    <>
      {instant(rule.next_run, zone)}
      <Box variant="small" color="text-body-secondary" display="block">
        {due ? "due, it starts within a minute" : away(rule.next_run)}
        {long && zone !== "UTC" && `, ${instant(rule.next_run)} UTC`}
      </Box>
    </>
  );
}

function LastOutcome({ rule }: { rule: RuleView }) {
  const run = rule.last_run;
  if (!run) return <Box color="text-status-inactive">Has not run</Box>;
  return (
    <>
      <Outcome state={run.state} />
      <Box variant="small" display="block">
        <Link to={`/runs/${run.run_id}`}>
          {instant(run.finished_at ?? run.started_at ?? run.scheduled_for, rule.settings.schedule.zone)}
        </Link>
      </Box>
    </>
  );
}
