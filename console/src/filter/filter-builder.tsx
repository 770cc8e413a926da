import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import Toggle from "@cloudscape-design/components/toggle";
import { useState } from "react";
import type { DataField } from "../api/description";
import { type Conditions, conditionsOf, textOf } from "./conditions";
import { ConditionsEditor } from "./conditions-editor";

interface Props {
  /** The fields that can be asked for; `fieldsOf` has them of a dataset. */
  readonly fields: readonly DataField[];
  /** CQL2 text; empty for every row. */
  readonly value: string;
  onChange(value: string): void;
  /** What the API says is wrong with the text. */
  readonly error?: string | undefined;
  readonly label?: string;
  /** Whether conditions that are not complete say so; before anybody has tried to go on they do not. */
  readonly strict?: boolean;
}

/**
 * Which rows: by conditions, or by CQL2 text. Text that is just what conditions would write is shown as conditions; any other
 * stays as it was typed.
 */
export function FilterBuilder({ fields, value, onChange, error, label = "Filter", strict = false }: Props) {
  const read = conditionsOf(value, fields);
  const [byHand, setByHand] = useState(read === null);
  const [edited, setEdited] = useState<Conditions>(read ?? { join: "and", items: [] });
  const asText = byHand || read === null;
  // Whoever else changed the text is followed; what is typed here is not read back from it, which would lose spaces.
  const shown = textOf(edited) === value ? edited : (read ?? edited);
  return (
    <FormField
      label={label}
      description={
        asText
          ? "CQL2 text over the dataset's fields. Empty means every row."
          : "Which rows are taken. Without a condition, every row is."
      }
      errorText={error}
      stretch
    >
      <SpaceBetween size="s">
        <Toggle
          checked={asText}
          disabled={read === null}
          description={
            read === null ? "This text says what conditions cannot. Clear it to go back to conditions." : undefined
          }
          onChange={({ detail }) => setByHand(detail.checked)}
        >
          Write the filter as text
        </Toggle>
        {asText ? (
          <Textarea
            value={value}
            ariaLabel={`${label} as CQL2 text`}
            placeholder="status = 'open' AND created_at >= TIMESTAMP('2026-01-01T00:00:00Z')"
            rows={3}
            spellcheck={false}
            onChange={({ detail }) => {
              setByHand(true);
              onChange(detail.value);
            }}
          />
        ) : (
          <ConditionsEditor
            fields={fields}
            conditions={shown}
            strict={strict}
            onChange={(now) => {
              setEdited(now);
              onChange(textOf(now));
            }}
          />
        )}
      </SpaceBetween>
    </FormField>
  );
}
