import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import type { CalendarView, EntryView } from "../api/description";
import { Empty } from "../parts/empty";
import { Failed } from "../parts/failed";
import { instant, span } from "../parts/words";
import type { Frequency } from "./wizard/draft";

const WITHOUT_CLOCK: Partial<Record<Frequency, string>> = {
  manual: "It runs when somebody runs it. Each run covers everything since the one before.",
  event: "It runs when an upstream event names one of its datasets. Each run covers everything since the one before.",
  arrival: "It runs as soon as an object of one of its datasets is in the lake.",
};

const SOON = 12;

interface Props {
  readonly calendar: CalendarView | undefined;
  readonly failure: unknown;
  readonly loading: boolean;
  /** The calendar is that of other settings, and asked for anew. */
  readonly isOld?: boolean;
  readonly frequency: Frequency;
  readonly heading: "h2" | "h3";
}

/** The runs to come: what each covers and when it is delivered. Of later ones, those that a change of the clocks alters. */
export function NextRuns({ calendar, failure, loading, isOld = false, frequency, heading }: Props) {
  const zone = calendar?.zone ?? "UTC";
  const why = WITHOUT_CLOCK[frequency];
  return (
    <SpaceBetween size="s">
      {failure != null && <Failed failure={failure} />}
      <Table<EntryView>
        header={
          <Header variant={heading} description={calendar && (isOld ? <AskedAnew /> : `Times in ${zone}.`)}>
            Next runs
          </Header>
        }
        items={(calendar?.items ?? []).filter((one, place) => place < SOON || one.marks.length > 0)}
        loading={loading && !calendar}
        loadingText="Loading the next runs…"
        ariaLabels={{ tableLabel: "Next runs" }}
        wrapLines
        empty={
          <Empty title="No runs by the clock">
            {why ?? "Nothing is due. Choose when it runs, or activate the rule."}
          </Empty>
        }
        columnDefinitions={columns(zone)}
      />
    </SpaceBetween>
  );
}

function AskedAnew() {
  return (
    <StatusIndicator type="loading">These are the runs before your change. They are asked for anew…</StatusIndicator>
  );
}

/** Times in UTC stand beside the zone's own, where they differ. */
function columns(zone: string): TableProps.ColumnDefinition<EntryView>[] {
  const all: TableProps.ColumnDefinition<EntryView>[] = [
    {
      id: "window",
      header: "Covers",
      isRowHeader: true,
      minWidth: 125,
      cell: ({ start, end }) => span(start.utc, end.utc, zone),
    },
    { id: "due", header: "Delivered from", minWidth: 150, cell: ({ due }) => instant(due.utc, zone) },
    {
      id: "utc",
      header: "In UTC",
      minWidth: 150,
      cell: ({ due }) => <Box color="text-body-secondary">{instant(due.utc)}</Box>,
    },
    { id: "marks", header: "Clock changes", minWidth: 160, cell: ({ marks }) => <Marks marks={marks} /> },
  ];
  return all.filter((one) => one.id !== "utc" || zone !== "UTC");
}

function Marks({ marks }: Pick<EntryView, "marks">) {
  if (marks.length === 0) return <Box color="text-status-inactive">–</Box>;
  return (
    <SpaceBetween size="xxs">
      {marks.map((mark) => (
        <div key={mark.kind}>
          <Badge color="severity-medium">Clock change</Badge> {mark.sentence}
        </div>
      ))}
    </SpaceBetween>
  );
}
