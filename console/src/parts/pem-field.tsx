import FileInput from "@cloudscape-design/components/file-input";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import type { ReactNode } from "react";

interface Props {
  readonly label: ReactNode;
  /** What the button that takes a file is called. */
  readonly choose: string;
  readonly description: ReactNode;
  readonly placeholder: string;
  readonly value: string;
  readonly error: string | undefined;
  onChange(value: string): void;
}

/** Text in PEM, pasted or out of a file. */
export function PemField({ label, choose, description, placeholder, value, error, onChange }: Props) {
  return (
    <SpaceBetween size="xs">
      <FormField label={label} description={description} errorText={error} stretch>
        <Textarea
          value={value}
          rows={6}
          placeholder={placeholder}
          autoComplete={false}
          spellcheck={false}
          onChange={({ detail }) => onChange(detail.value)}
        />
      </FormField>
      <FileInput
        value={[]}
        accept=".pem,.crt,.cer,.key,.txt"
        ariaLabel={choose}
        onChange={({ detail }) => void detail.value[0]?.text().then(onChange)}
      >
        {choose}
      </FileInput>
    </SpaceBetween>
  );
}
