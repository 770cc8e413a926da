import { useCollection } from "@cloudscape-design/collection-hooks";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useNavigate } from "react-router";
import { Empty } from "../parts/empty";
import { Failed } from "../parts/failed";
import { Link } from "../parts/link";
import { many } from "../parts/words";
import { useDatasets } from "../rules/use-datasets";
import { useMay } from "../session/session";

/** The catalogue, and the tenant's own datasets. */
export function DatasetsPage() {
  const may = useMay();
  const navigate = useNavigate();
  const datasets = useDatasets();
  const { items, filterProps, collectionProps, filteredItemsCount } = useCollection(datasets.data ?? [], {
    filtering: {
      fields: ["name", "title", "description"],
      noMatch: <Empty title="No dataset is like that">Try a part of its name or of its description.</Empty>,
    },
    sorting: { defaultState: { sortingColumn: { sortingField: "title" } } },
  });
  const add = may("manage_datasets") && (
    <Button variant="primary" onClick={() => navigate("/datasets/new")}>
      Add dataset
    </Button>
  );
  return (
    <>
      {datasets.error && <Failed failure={datasets.error} again={() => void datasets.refetch()} />}
      <Table
        {...collectionProps}
        items={items}
        variant="full-page"
        loading={datasets.isPending}
        loadingText="Loading datasets…"
        wrapLines
        ariaLabels={{ tableLabel: "datasets" }}
        filter={
          <TextFilter
            {...filterProps}
            filteringPlaceholder="Find datasets"
            filteringAriaLabel="Find datasets"
            countText={many(filteredItemsCount ?? 0, "match", "matches")}
          />
        }
        header={
          <Header
            variant="h1"
            actions={add}
            counter={datasets.data && `(${datasets.data.length})`}
            description="The kinds of data that can leave, each with its fields."
          >
            Datasets
          </Header>
        }
        columnDefinitions={[
          {
            id: "title",
            header: "Title",
            sortingField: "title",
            isRowHeader: true,
            cell: (one) => <Link to={`/datasets/${one.name}`}>{one.title}</Link>,
          },
          { id: "name", header: "Name", sortingField: "name", cell: (one) => <code>{one.name}</code> },
          { id: "description", header: "Description", minWidth: 260, cell: (one) => one.description },
          { id: "fields", header: "Fields", cell: (one) => one.fields.length },
          { id: "media", header: "Media", cell: (one) => (one.media ? "With media" : "–") },
        ]}
      />
    </>
  );
}
