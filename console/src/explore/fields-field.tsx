import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import type { DataField } from "../api/description";
import { fieldOptions } from "../filter/fields";

interface Props {
  readonly fields: readonly DataField[];
  readonly value: readonly string[];
  readonly error: string | undefined;
  onChange(value: readonly string[]): void;
}

export function FieldsField({ fields, value, error, onChange }: Props) {
  const labels = new Map(fields.map((one) => [one.name, one.title || one.name]));
  return (
    <FormField
      label={
        <>
          Fields <i>– optional</i>
        </>
      }
      description="None chosen: the dataset's usual ones."
      errorText={error}
    >
      <Multiselect
        options={fieldOptions(fields)}
        selectedOptions={value.map((name) => ({ value: name, label: labels.get(name) ?? name }))}
        onChange={({ detail }) => onChange(detail.selectedOptions.flatMap(({ value: name }) => (name ? [name] : [])))}
        filteringType="auto"
        tokenLimit={6}
        placeholder="Choose fields"
        expandToViewport
      />
    </FormField>
  );
}
