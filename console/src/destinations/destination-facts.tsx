import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import type { DestinationView } from "../api/description";
import { Copied } from "../parts/copied";
import { instant } from "../parts/words";
import { kindOf } from "./kinds/kinds";
import type { Setting } from "./kinds/setting";
import { asked, isSecret, reach, valuesOf } from "./kinds/values";
import { Readiness } from "./readiness";

/** What is saved, without its secrets. */
export function DestinationFacts({ destination }: { destination: DestinationView }) {
  const kind = kindOf(destination.kind);
  const values = kind ? valuesOf(kind, destination.settings) : {};
  const settings = kind
    ? asked(kind, values).filter((one) => !one.asks && !isSecret(one) && given(destination, one) !== "")
    : [];
  return (
    <Container header={<Header variant="h2">Settings</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: "State", value: <Readiness destination={destination} /> },
          ...settings.map((one) => ({ label: one.label, value: given(destination, one) })),
          ...(destination.expires_at
            ? [{ label: "Credentials end (UTC)", value: instant(destination.expires_at) }]
            : []),
          ...(destination.external_id
            ? [{ label: "External ID", value: <Copied what="External ID" text={destination.external_id} /> }]
            : []),
          { label: "Made", value: `${instant(destination.created_at)} UTC by ${destination.created_by}` },
          { label: "ID", value: <Copied what="ID" text={destination.destination_id} /> },
        ]}
      />
    </Container>
  );
}

function given(destination: DestinationView, setting: Setting): string {
  const value = reach(destination.settings, setting.name);
  if (value == null || value === "") return "";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value === "number") return String(value / (setting.scale ?? 1));
  return setting.choices?.find((choice) => choice.value === value)?.label ?? String(value);
}
