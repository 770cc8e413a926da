import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import type { ReactNode } from "react";

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly description?: string;
}

interface Props<T extends string> {
  readonly label: string;
  readonly description?: ReactNode;
  readonly value: T;
  readonly options: readonly Option<T>[];
  readonly error?: string | undefined;
  readonly disabled?: boolean;
  onChange(value: T): void;
}

/** One of a few values of a setting, each in words. */
export function PickOne<T extends string>({ label, description, value, options, error, disabled, onChange }: Props<T>) {
  return (
    <FormField label={label} description={description} errorText={error}>
      <Select
        options={[...options]}
        selectedOption={options.find((one) => one.value === value) ?? { value, label: value }}
        disabled={disabled ?? false}
        expandToViewport
        onChange={({ detail }) => {
          const chosen = options.find((one) => one.value === detail.selectedOption.value);
          if (chosen) onChange(chosen.value);
        }}
      />
    </FormField>
  );
}
