import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useNavigate } from "react-router";
import type { DestinationView } from "../../api/description";
import { Empty } from "../../parts/empty";
import { Failed } from "../../parts/failed";
import { Outcome } from "../../parts/outcome";
import { words } from "../../parts/words";
import { useMay } from "../../session/session";
import { useDestinations } from "../use-destinations";
import type { Drafting } from "./drafting";

/** To where it leaves. */
export function DestinationStep({ draft, change, wrong }: Drafting) {
  const found = useDestinations();
  const may = useMay();
  const navigate = useNavigate();
  const items = found.data ?? [];
  const gone = found.data ? draft.destinations.filter((id) => !items.some((one) => one.destination_id === id)) : [];
  const another = may("manage_destinations") && (
    <Button iconName="add-plus" onClick={() => navigate("/destinations/new")}>
      Make a destination
    </Button>
  );
  return (
    <SpaceBetween size="s">
      {found.error && <Failed failure={found.error} again={() => void found.refetch()} />}
      {gone.length > 0 && (
        <Alert
          type="warning"
          action={
            <Button onClick={() => change({ destinations: draft.destinations.filter((id) => !gone.includes(id)) })}>
              Leave out
            </Button>
          }
        >
          A destination of this rule is not there any more, or not open to you.
        </Alert>
      )}
      <FormField errorText={wrong("destinations")} stretch>
        <Table<DestinationView>
          header={
            <Header
              variant="h2"
              description="Every file goes to each that you choose. What is entered here stays while you make another one."
              actions={
                <SpaceBetween direction="horizontal" size="xs">
                  <Button
                    iconName="refresh"
                    ariaLabel="Read the destinations again"
                    onClick={() => void found.refetch()}
                  />
                  {another}
                </SpaceBetween>
              }
            >
              Destinations
            </Header>
          }
          items={items}
          trackBy="destination_id"
          loading={found.isPending}
          loadingText="Loading destinations…"
          selectionType="multi"
          selectedItems={items.filter((one) => draft.destinations.includes(one.destination_id))}
          isItemDisabled={(one) => !one.usable && !draft.destinations.includes(one.destination_id)}
          onSelectionChange={({ detail }) =>
            change({ destinations: [...gone, ...detail.selectedItems.map((one) => one.destination_id)] })
          }
          ariaLabels={{
            tableLabel: "Destinations",
            selectionGroupLabel: "Choose destinations",
            allItemsSelectionLabel: () => "Choose all destinations",
            itemSelectionLabel: (_, one) => `Deliver to ${one.name}`,
          }}
          wrapLines
          empty={
            <Empty title="No destinations yet" action={another}>
              A destination is a server or a bucket that takes files. It is tested before it is saved.
            </Empty>
          }
          columnDefinitions={[
            { id: "name", header: "Name", isRowHeader: true, cell: (one) => one.name },
            { id: "kind", header: "Kind", cell: (one) => words(one.kind) },
            {
              id: "state",
              header: "Last test",
              cell: (one) => <Outcome state={one.usable ? "ok" : "failed"} />,
            },
            { id: "warnings", header: "Notes", cell: (one) => one.warnings.join(" ") || "–" },
          ]}
        />
      </FormField>
    </SpaceBetween>
  );
}
