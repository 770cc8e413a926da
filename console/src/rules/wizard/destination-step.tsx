import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useState } from "react";
import type { DestinationView } from "../../api/description";
import { Empty } from "../../parts/empty";
import { Failed } from "../../parts/failed";
import { Outcome } from "../../parts/outcome";
import { words } from "../../parts/words";
import { useMay } from "../../session/session";
import { NotifyForm } from "../../subscriptions/notify-form";
import { useDestinations } from "../use-destinations";
import type { Drafting } from "./drafting";
import { More } from "./more";
import { NewDestination } from "./new-destination";

/** To where it leaves. */
export function DestinationStep({ draft, change, wrong }: Drafting) {
  const found = useDestinations();
  const may = useMay();
  const [making, setMaking] = useState(false);
  const items = found.data ?? [];
  const gone = found.data ? draft.destinations.filter((id) => !items.some((one) => one.destination_id === id)) : [];
  const another = may("manage_destinations") && (
    <Button iconName="add-plus" onClick={() => setMaking(true)}>
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
              description="Every file goes to each that you choose."
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
            { id: "name", header: "Name", isRowHeader: true, minWidth: 140, cell: (one) => one.name },
            { id: "kind", header: "Kind", minWidth: 110, cell: (one) => words(one.kind) },
            {
              id: "state",
              header: "Last test",
              minWidth: 110,
              cell: (one) => <Outcome state={one.usable ? "ok" : "failed"} />,
            },
            { id: "warnings", header: "Notes", minWidth: 140, cell: (one) => one.warnings.join(" ") || "–" },
          ]}
        />
      </FormField>
      <More
        title="Tell people by mail"
        description="After each run, whoever should know how it went."
        wrong={wrong("notify") !== undefined}
      >
        <NotifyForm
          value={draft.notify ?? null}
          onChange={(notify) => change({ notify })}
          errorOf={(field) => wrong(`notify.${field}`)}
        />
      </More>
      {making && (
        <NewDestination
          close={() => setMaking(false)}
          onSaved={({ destination_id }) => {
            setMaking(false);
            change({ destinations: [...draft.destinations, destination_id] });
            void found.refetch();
          }}
        />
      )}
    </SpaceBetween>
  );
}
