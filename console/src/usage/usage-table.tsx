import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Table from "@cloudscape-design/components/table";
import type { DayView } from "../api/description";
import { bytes, count, many, words } from "../parts/words";
import { statesOf } from "./states";

/** The figures of the charts, for whoever cannot see them or wants them exactly. */
export function UsageTable({ days }: { days: readonly DayView[] }) {
  return (
    <ExpandableSection variant="container" headerText="The same as a table">
      <Table
        variant="embedded"
        items={days.toReversed()}
        trackBy="day"
        ariaLabels={{ tableLabel: "Usage by day" }}
        columnDefinitions={[
          { id: "day", header: "Day (UTC)", isRowHeader: true, cell: (one) => one.day },
          { id: "rows", header: "Rows", cell: (one) => count(one.rows) },
          {
            id: "bytes",
            header: "Bytes",
            cell: (one) => <span title={many(one.bytes, "byte")}>{bytes(one.bytes)}</span>,
          },
          { id: "files", header: "Files", cell: (one) => count(one.files) },
          ...statesOf(days).map((state) => ({
            id: state,
            header: words(state),
            cell: (one: DayView) => count(one.runs[state] ?? 0),
          })),
        ]}
      />
    </ExpandableSection>
  );
}
