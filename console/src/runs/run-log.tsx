import Box from "@cloudscape-design/components/box";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import type { NoteView, RunDetail } from "../api/description";
import { Empty } from "../parts/empty";
import { instant, words } from "../parts/words";

/** What the run's steps noted, oldest first. */
export function RunLog({ run, zone }: { run: RunDetail; zone: string }) {
  return (
    <Table<NoteView>
      header={<Header variant="h2">Steps</Header>}
      items={run.log}
      ariaLabels={{ tableLabel: "Steps" }}
      wrapLines
      empty={
        <Empty title="No notes">
          {run.log_kept === "minimal" ? "The rule keeps a minimal log." : "The run has not begun."}
        </Empty>
      }
      columnDefinitions={[
        {
          id: "time",
          header: `Time, ${zone}`,
          cell: (note) => `${instant(note.time, zone)}:${new Date(note.time).toISOString().slice(17, 19)}`,
        },
        { id: "step", header: "Step", isRowHeader: true, cell: (note) => words(note.step) },
        { id: "message", header: "What happened", cell: (note) => <Box>{note.message}</Box> },
      ]}
    />
  );
}
