import Box from "@cloudscape-design/components/box";
import Header, { type HeaderProps } from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { TableProps } from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import { useState } from "react";
import type { RunList, RunState, RunView } from "../api/description";
import { DayField } from "../parts/day-field";
import { Link } from "../parts/link";
import { ListTable } from "../parts/list-table";
import { Outcome } from "../parts/outcome";
import { usePaged } from "../parts/paged";
import { bytes, count, instant } from "../parts/words";
import { instantAt } from "../rules/zoned";
import { isGoingOn, windowWords } from "./sentence";

export interface RunsAsked {
  readonly cursor?: string;
  readonly state?: RunState;
  readonly from?: string;
  readonly to?: string;
}

interface Props {
  readonly queryKey: readonly unknown[];
  ask(query: RunsAsked): Promise<RunList>;
  /** In which windows are shown. */
  readonly zone: string;
  /** The zone of a rule, where runs of several are listed. */
  zoneOf?(ruleId: string): string | undefined;
  /** With the rule's name, where runs of several are listed. */
  readonly ofRules?: boolean;
  readonly title: string;
  readonly variant: HeaderProps.Variant;
  readonly empty: ReactNode;
  readonly actions?: ReactNode;
}

const STATES = [
  { value: "", label: "Any status" },
  { value: "scheduled", label: "Scheduled" },
  { value: "ongoing", label: "Ongoing" },
  { value: "success", label: "Success" },
  { value: "partial", label: "Partial" },
  { value: "failure", label: "Failure" },
  { value: "cancelled", label: "Cancelled" },
];
const LIVE = 3_000;

/** The log of runs, filtered by status and window; read anew while one goes on. */
export function RunsTable({ queryKey, ask, zone, zoneOf, ofRules = false, title, variant, empty, actions }: Props) {
  const [state, setState] = useState("");
  const [first, setFirst] = useState("");
  const [last, setLast] = useState("");
  const from = instantAt(first, "00:00", zone);
  const to = instantAt(dayAfter(last), "00:00", zone);
  const query: RunsAsked = {
    ...(state ? { state: state as RunState } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  };
  const runs = usePaged<RunView>(
    [...queryKey, query],
    (cursor) => ask(cursor ? { ...query, cursor } : query),
    (items) => items.some(isGoingOn) && LIVE,
  );
  const filtered = Boolean(state || from || to);
  return (
    <ListTable<RunView>
      what="runs"
      list={runs}
      variant={variant === "h1" ? "full-page" : "container"}
      header={
        <Header
          variant={variant}
          actions={actions}
          description={ofRules ? "Times in the zone of each rule." : `Times in ${zone}.`}
        >
          {title}
        </Header>
      }
      filter={
        <SpaceBetween direction="horizontal" size="m">
          <Labelled label="Status">
            <Select
              options={STATES}
              selectedOption={STATES.find((one) => one.value === state) ?? null}
              ariaLabel="Status"
              onChange={({ detail }) => setState(detail.selectedOption.value ?? "")}
            />
          </Labelled>
          <DayField label="Windows from" value={first} onChange={setFirst} constraint={false} />
          <DayField label="Windows up to" value={last} onChange={setLast} constraint={false} />
        </SpaceBetween>
      }
      empty={filtered ? <Box>No run fits. Choose another status or other days.</Box> : empty}
      columnDefinitions={columns((run) => zoneOf?.(run.rule_id) ?? zone, ofRules)}
    />
  );
}

function Labelled({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <Box variant="awsui-key-label">{label}</Box>
      {children}
    </div>
  );
}

function dayAfter(day: string): string {
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) || day.length < 10 ? "" : new Date(at + 86_400_000).toISOString().slice(0, 10);
}

function columns(zoneOf: (run: RunView) => string, ofRules: boolean): TableProps.ColumnDefinition<RunView>[] {
  const all: TableProps.ColumnDefinition<RunView>[] = [
    {
      id: "date",
      header: "Export date",
      isRowHeader: true,
      minWidth: 150,
      cell: (run) => (
        <Link to={`/runs/${run.run_id}`}>{instant(run.started_at ?? run.scheduled_for, zoneOf(run))}</Link>
      ),
    },
    {
      id: "rule",
      header: "Rule",
      minWidth: 140,
      cell: (run) => <Link to={`/rules/${run.rule_id}`}>{run.rule_name}</Link>,
    },
    {
      id: "window",
      header: "Window",
      minWidth: 125,
      cell: (run) => <Window run={run} zone={zoneOf(run)} named={ofRules} />,
    },
    { id: "state", header: "Status", minWidth: 150, cell: (run) => <Status run={run} /> },
    { id: "rows", header: "Rows", cell: (run) => count(run.rows) },
    { id: "bytes", header: "Size", minWidth: 95, cell: (run) => bytes(run.bytes) },
    { id: "files", header: "Files", cell: (run) => count(run.files) },
    { id: "which", header: "Which", cell: (run) => which(run) },
  ];
  return all.filter((one) => one.id !== "rule" || ofRules);
}

function Window({ run, zone, named }: { run: RunView; zone: string; named: boolean }) {
  return (
    <>
      {windowWords(run, zone)}
      {named && (
        <Box variant="small" color="text-body-secondary" display="block">
          {zone}
        </Box>
      )}
    </>
  );
}

function Status({ run }: { run: RunView }) {
  return (
    <>
      <Outcome state={run.state} />
      {run.state !== "success" && run.message && (
        <Box variant="small" color="text-body-secondary" display="block">
          {run.message}
        </Box>
      )}
    </>
  );
}

/** `First run`, `Run 2, attempt 3, backfill`. */
export function which(run: Pick<RunView, "generation" | "attempt" | "amends" | "backfill" | "trigger">): string {
  const said = [run.amends ? "Late rows" : run.generation === 1 ? "First run" : `Run ${run.generation}`];
  if (run.attempt > 1) said.push(`attempt ${run.attempt}`);
  if (run.backfill) said.push("past window");
  if (run.trigger === "manual") said.push("by hand");
  return said.join(", ");
}
