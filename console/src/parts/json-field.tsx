import FormField from "@cloudscape-design/components/form-field";
import Textarea from "@cloudscape-design/components/textarea";
import type { ReactNode } from "react";

interface Props {
  readonly label: string;
  readonly description: ReactNode;
  readonly value: string;
  readonly errors: readonly string[];
  onChange(value: string): void;
}

/** An object written as JSON, with each thing that is wrong with it below. */
export function JsonField({ label, description, value, errors, onChange }: Props) {
  return (
    <FormField
      label={label}
      description={description}
      stretch
      errorText={errors.length > 0 && errors.map((one) => <div key={one}>{one}</div>)}
    >
      <Textarea
        value={value}
        rows={Math.min(30, Math.max(8, value.split("\n").length + 1))}
        spellcheck={false}
        autoComplete={false}
        disableBrowserAutocorrect
        onChange={({ detail }) => onChange(detail.value)}
      />
    </FormField>
  );
}
