import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import type { Assigned, DataChoice, Dataset } from "../../api/description";
import { EnterText } from "../../parts/enter-text";
import { PickOne } from "../../parts/pick-one";
import { CDR_ONLY, SCOPES, SOURCES } from "../options";

interface Props {
  readonly choice: DataChoice;
  readonly dataset: Dataset;
  readonly path: string;
  wrong(path: string): string | undefined;
  onChange(now: DataChoice): void;
}

/** What only some datasets have: media, attachments, people; and from where rows come. */
export function ChoiceOptions({ choice, dataset, path, wrong, onChange }: Props) {
  const { media, people } = dataset;
  const withMedia = choice.scope !== "records";
  const inside = ["extensions", "source", "cdr_only", "attachments", "assigned"].some((one) => wrong(`${path}.${one}`));
  const [open, setOpen] = useState(choice.assigned != null || choice.source !== "both");
  return (
    <SpaceBetween size="l">
      {media && (
        <PickOne
          label={`What of ${dataset.title}`}
          value={choice.scope}
          options={SCOPES}
          error={wrong(`${path}.scope`)}
          onChange={(scope) => onChange({ ...choice, scope, extensions: scope === "records" ? [] : choice.extensions })}
        />
      )}
      <ExpandableSection
        headerText={people ? "Whose rows, and from where" : "From where"}
        expanded={open || inside}
        onChange={({ detail }) => setOpen(detail.expanded)}
      >
        <SpaceBetween size="l">
          {people && <People choice={choice} dataset={dataset} path={path} wrong={wrong} onChange={onChange} />}
          <ColumnLayout columns={2}>
            <PickOne
              label="Source"
              value={choice.source}
              options={SOURCES}
              error={wrong(`${path}.source`)}
              onChange={(source) => onChange({ ...choice, source })}
            />
            {media?.cdr_only && (
              <PickOne
                label="Records of calls without media of their own"
                value={choice.cdr_only}
                options={CDR_ONLY}
                error={wrong(`${path}.cdr_only`)}
                onChange={(cdr_only) => onChange({ ...choice, cdr_only })}
              />
            )}
            {withMedia && (
              <EnterText
                label="Only media that end in"
                constraint="Endings with commas between them, such as wav, mp4. None means all."
                value={choice.extensions.join(", ")}
                error={wrong(`${path}.extensions`)}
                onChange={(text) => onChange({ ...choice, extensions: names(text, ",") })}
              />
            )}
          </ColumnLayout>
          {media?.attachments && (
            <Checkbox
              checked={choice.attachments}
              onChange={({ detail }) => onChange({ ...choice, attachments: detail.checked })}
            >
              Attachments of messages are media, too
            </Checkbox>
          )}
        </SpaceBetween>
      </ExpandableSection>
    </SpaceBetween>
  );
}

const ROLES = [
  { role: "users", label: "Users" },
  { role: "extensions", label: "Extensions" },
  { role: "groups", label: "Groups" },
] as const;

function People({ choice, dataset, path, wrong, onChange }: Props) {
  const given: Assigned = choice.assigned ?? { users: [], extensions: [], groups: [] };
  const put = (role: keyof Assigned, text: string) => {
    const now = { ...given, [role]: names(text, "\n") };
    const nobody = ROLES.every((one) => now[one.role].length === 0);
    onChange({ ...choice, assigned: nobody ? null : now });
  };
  return (
    <ColumnLayout columns={3}>
      {ROLES.filter(({ role }) => dataset.people?.[role]).map(({ role, label }) => (
        <FormField
          key={role}
          label={`Assigned ${label.toLowerCase()}`}
          constraintText="One a line. None means everybody's rows."
          errorText={wrong(`${path}.assigned.${role}`)}
        >
          <Lines value={given[role]} onChange={(text) => put(role, text)} />
        </FormField>
      ))}
    </ColumnLayout>
  );
}

/** Lines as they are typed, so that an empty last one stays while somebody goes on. */
function Lines({ value, onChange }: { value: readonly string[]; onChange: (text: string) => void }) {
  const [typed, setTyped] = useState(value.join("\n"));
  return (
    <Textarea
      value={typed}
      rows={3}
      onChange={({ detail }) => {
        setTyped(detail.value);
        onChange(detail.value);
      }}
    />
  );
}

function names(text: string, between: string): string[] {
  return text
    .split(between)
    .map((one) => one.trim())
    .filter(Boolean);
}
