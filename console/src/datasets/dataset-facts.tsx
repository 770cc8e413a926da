import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import type { DatasetDetail } from "../api/description";
import { Copied } from "../parts/copied";
import { count, many } from "../parts/words";
import { peopleOf, settles } from "./dataset-words";

export function DatasetFacts({ dataset }: { dataset: DatasetDetail }) {
  return (
    <Container header={<Header variant="h2">What it is</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: "Name", value: <Copied what="Name" text={dataset.name} /> },
          { label: "Whose", value: dataset.own ? "Your own" : "Of the catalogue, as it is for everybody" },
          { label: "Objects registered", value: count(dataset.registered_objects) },
          { label: "Time of a row", value: <code>{dataset.time_field}</code> },
          { label: "Key of a row", value: <code>{dataset.key_field}</code> },
          { label: "Rows are on their way for", value: settles(dataset.settle_seconds) },
          {
            label: "The source keeps rows for",
            value: dataset.retention_days ? many(dataset.retention_days, "day") : "Not said",
          },
          { label: "Whose a row is", value: peopleOf(dataset.people ?? null) },
          { label: "Media", value: dataset.media ? "Yes" : "None" },
          { label: "Columns of your own", value: dataset.open_field ? <code>{dataset.open_field}.*</code> : "None" },
        ]}
      />
    </Container>
  );
}
