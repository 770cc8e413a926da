import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import type { Sharing } from "../api/description";
import { shared, type Typed } from "./sharing";

interface Props {
  readonly label: string;
  readonly choices: readonly { readonly value: Typed["who"]; readonly label: string; readonly description?: string }[];
  readonly value: Typed;
  readonly wrong?: { readonly users?: string | undefined; readonly groups?: string | undefined };
  onChange(value: Typed): void;
}

/** With whom a thing is shared: everybody, nobody, or people and groups by their names. */
export function SharingFields({ label, choices, value, wrong, onChange }: Props) {
  return (
    <SpaceBetween size="m">
      <FormField label={label}>
        <RadioGroup
          value={value.who}
          items={[...choices]}
          onChange={({ detail }) => onChange({ ...value, who: detail.value as Typed["who"] })}
        />
      </FormField>
      {value.who === "some" && (
        <SpaceBetween size="m">
          <FormField label="Users" description="One a line, as the platform names them." errorText={wrong?.users}>
            <Textarea
              rows={3}
              value={value.users}
              onChange={({ detail }) => onChange({ ...value, users: detail.value })}
            />
          </FormField>
          <FormField label="Groups" description="One a line." errorText={wrong?.groups}>
            <Textarea
              rows={3}
              value={value.groups}
              onChange={({ detail }) => onChange({ ...value, groups: detail.value })}
            />
          </FormField>
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}

/** In a few words. `nobody` is who has it where it is shared with none. */
export function SharedWith({ sharing, nobody }: { sharing: Sharing | null; nobody: string }) {
  return <>{sharing === null ? "Everybody" : shared(sharing, nobody)}</>;
}
