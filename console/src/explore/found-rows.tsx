import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import CollectionPreferences, {
  type CollectionPreferencesProps,
} from "@cloudscape-design/components/collection-preferences";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { DataField } from "../api/description";
import { Empty } from "../parts/empty";
import { ListTable } from "../parts/list-table";
import { many, span } from "../parts/words";
import { useMay } from "../session/session";
import { cell, columnsOf, type Row } from "./cells";
import { ExportList } from "./export-list";
import { type Asked, ruleAddress } from "./question";
import { RowDetails } from "./row-details";
import type { Found } from "./use-search";

const SHOWN_AT_FIRST = 8;

interface Props {
  readonly asked: Asked;
  readonly found: Found;
  readonly fields: readonly DataField[];
}

/** The rows so far, and what can be done with them. */
export function FoundRows({ asked, found, fields }: Props) {
  const [looking, setLooking] = useState<Row>();
  const [exporting, setExporting] = useState(false);
  const [chosen, setChosen] = useState<CollectionPreferencesProps.Preferences>({});
  const titles = new Map(fields.map((one) => [one.name, one.title || one.name]));
  const columns = columnsOf(found.items, asked.fields.length > 0 ? asked.fields : fields.map((one) => one.name));
  const display = columns.map((id, at) => ({ id, visible: asked.fields.length > 0 || at < SHOWN_AT_FIRST }));
  const shown = chosen.contentDisplay?.filter(({ id }) => columns.includes(id)) ?? display;
  return (
    <SpaceBetween size="s">
      {found.rejected > 0 && (
        <Alert type="warning">
          {many(found.rejected, "line")} of what was read could not be read as a row. The source wrote them wrong.
        </Alert>
      )}
      <ListTable
        what="rows"
        list={found}
        stripedRows
        {...(chosen.wrapLines === undefined ? {} : { wrapLines: chosen.wrapLines })}
        header={
          <Header
            variant="h2"
            counter={`(${found.items.length}${found.more ? "+" : ""})`}
            description={`${span(asked.span.start, asked.span.end)} UTC, in the order in which they came in.`}
            actions={<Actions asked={asked} onExport={() => setExporting(true)} />}
          >
            Rows
          </Header>
        }
        preferences={
          <CollectionPreferences
            title="Columns"
            preferences={{ ...chosen, contentDisplay: shown }}
            contentDisplayPreference={{
              title: "Which columns are shown, and in which order",
              options: columns.map((id) => ({ id, label: titles.get(id) ?? id })),
            }}
            onConfirm={({ detail }) => setChosen(detail)}
          />
        }
        columnDisplay={[{ id: "details", visible: true }, ...shown]}
        empty={
          found.more ? (
            <Empty title="No row so far">There is more to look through.</Empty>
          ) : (
            <Empty title="No row is like that">Choose a longer span, or a filter that leaves out less.</Empty>
          )
        }
        columnDefinitions={[
          {
            id: "details",
            header: "Details",
            cell: (row) => (
              <Button
                variant="inline-icon"
                iconName="file-open"
                ariaLabel="Show the row"
                onClick={() => setLooking(row)}
              />
            ),
          },
          ...columns.map((id) => ({ id, header: titles.get(id) ?? id, cell: (row: Row) => cell(row[id]) })),
        ]}
      />
      {looking && <RowDetails row={looking} titles={titles} close={() => setLooking(undefined)} />}
      {exporting && <ExportList asked={asked} close={() => setExporting(false)} />}
    </SpaceBetween>
  );
}

function Actions({ asked, onExport }: { asked: Asked; onExport(): void }) {
  const may = useMay();
  const navigate = useNavigate();
  return (
    <SpaceBetween direction="horizontal" size="xs">
      {may("list_export") && <Button onClick={onExport}>Export as file</Button>}
      {may("export") && <Button onClick={() => navigate(ruleAddress(asked))}>Create rule from this</Button>}
    </SpaceBetween>
  );
}
