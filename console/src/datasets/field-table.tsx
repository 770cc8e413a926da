import { useCollection } from "@cloudscape-design/collection-hooks";
import Alert from "@cloudscape-design/components/alert";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import type { DatasetDetail } from "../api/description";
import { fieldsOf } from "../filter/fields";
import { Empty } from "../parts/empty";
import { many, words } from "../parts/words";
import { unknownColumns } from "./dataset-words";

/** Every field, with what the newest objects hold of it. */
export function FieldTable({ dataset }: { dataset: DatasetDetail }) {
  const fields = fieldsOf(dataset);
  const unknown = unknownColumns(dataset);
  const { items, filterProps, collectionProps, filteredItemsCount } = useCollection(fields, {
    filtering: {
      fields: ["name", "title", "description", "category"],
      noMatch: <Empty title="No field is like that" />,
    },
    sorting: {},
  });
  const seen = (name: string) => dataset.columns[name]?.replaceAll("|", ", ") ?? "–";
  return (
    <SpaceBetween size="s">
      {unknown.length > 0 && (
        <Alert type="info">
          The newest objects have columns that the dataset does not, and that no file gets:{" "}
          {unknown.map(([name, kinds]) => `${name} (${kinds.replaceAll("|", ", ")})`).join(", ")}.
        </Alert>
      )}
      <Table
        {...collectionProps}
        items={items}
        wrapLines
        ariaLabels={{ tableLabel: "fields" }}
        header={
          <Header variant="h2" counter={`(${fields.length})`}>
            Fields
          </Header>
        }
        filter={
          <TextFilter
            {...filterProps}
            filteringPlaceholder="Find fields"
            filteringAriaLabel="Find fields"
            countText={many(filteredItemsCount ?? 0, "match", "matches")}
          />
        }
        columnDefinitions={[
          {
            id: "name",
            header: "Name",
            sortingField: "name",
            isRowHeader: true,
            cell: (one) => <code>{one.name}</code>,
          },
          { id: "title", header: "Title", cell: (one) => one.title || "–" },
          { id: "type", header: "Type", sortingField: "type", cell: (one) => words(one.type) },
          { id: "category", header: "Category", sortingField: "category", cell: (one) => one.category || "–" },
          { id: "default", header: "Delivered", cell: (one) => (one.default ? "As usual" : "Where a rule chooses it") },
          { id: "seen", header: "Seen lately", cell: (one) => seen(one.name) },
          { id: "description", header: "Description", minWidth: 220, cell: (one) => one.description },
        ]}
      />
    </SpaceBetween>
  );
}
