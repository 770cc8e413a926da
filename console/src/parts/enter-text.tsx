import FormField from "@cloudscape-design/components/form-field";
import Input, { type InputProps } from "@cloudscape-design/components/input";
import type { ReactNode } from "react";

interface Props {
  readonly label: string;
  readonly description?: ReactNode;
  readonly constraint?: ReactNode;
  readonly value: string;
  readonly error?: string | undefined;
  readonly type?: InputProps.Type;
  readonly placeholder?: string;
  readonly autoFocus?: boolean;
  onChange(value: string): void;
}

/** One line of text of a setting. */
export function EnterText({
  label,
  description,
  constraint,
  value,
  error,
  type = "text",
  placeholder = "",
  autoFocus = false,
  onChange,
}: Props) {
  return (
    <FormField label={label} description={description} constraintText={constraint} errorText={error}>
      <Input
        value={value}
        type={type}
        placeholder={placeholder}
        autoFocus={autoFocus}
        autoComplete={false}
        onChange={({ detail }) => onChange(detail.value)}
      />
    </FormField>
  );
}

interface NumberProps extends Omit<Props, "value" | "onChange" | "type"> {
  readonly value: number | null | undefined;
  /** Null where nothing is entered. */
  onChange(value: number | null): void;
}

/** A whole number of a setting. */
export function EnterNumber({ value, onChange, ...field }: NumberProps) {
  return (
    <EnterText
      {...field}
      type="number"
      value={value == null ? "" : String(value)}
      onChange={(typed) => onChange(typed.trim() === "" ? null : Number(typed))}
    />
  );
}
