import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
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

interface Props {
  readonly calendar: CalendarView | undefined;
  readonly failure: unknown;
  readonly loading: boolean;
  readonly frequency: Frequency;
  readonly heading: "h2" | "h3";
}

/** The runs to come: what each covers and when it is delivered, marked where the clocks change. */
export function NextRuns({ calendar, failure, loading, frequency, heading }: Props) {
  const zone = calendar?.zone ?? "UTC";
  const why = WITHOUT_CLOCK[frequency];
  return (
    <SpaceBetween size="s">
      {failure != null && <Failed failure={failure} />}
      <Table<EntryView>
        header={
          <Header variant={heading} description={`Times in ${zone}; in UTC beside it.`}>
            Next runs
          </Header>
        }
        items={calendar?.items ?? []}
        loading={loading && !calendar}
        loadingText="Loading the next runs…"
        ariaLabels={{ tableLabel: "Next runs" }}
        wrapLines
        empty={
          <Empty title="No runs by the clock">
            {why ?? "Nothing is due. Choose when it runs, or activate the rule."}
          </Empty>
        }
        columnDefinitions={[
          {
            id: "window",
            header: "Covers",
            isRowHeader: true,
            cell: ({ start, end }) => span(start.utc, end.utc, zone),
          },
          { id: "due", header: "Delivered from", cell: ({ due }) => instant(due.utc, zone) },
          { id: "utc", header: "In UTC", cell: ({ due }) => <Box color="text-body-secondary">{instant(due.utc)}</Box> },
          { id: "marks", header: "Clock changes", cell: ({ marks }) => <Marks marks={marks} /> },
        ]}
      />
    </SpaceBetween>
  );
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
