import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Told } from "./events";

interface Props<T extends string> {
  readonly label: string;
  readonly description?: string;
  readonly options: readonly Told<T>[];
  readonly chosen: readonly T[];
  readonly error?: string | undefined;
  /** In the order of the options. */
  onChange(chosen: T[]): void;
}

/** Some of a few things, each in words. */
export function Choices<T extends string>({ label, description, options, chosen, error, onChange }: Props<T>) {
  const toggle = (id: T, on: boolean) =>
    onChange(options.map((one) => one.id).filter((one) => (one === id ? on : chosen.includes(one))));
  return (
    <FormField label={label} description={description} errorText={error} stretch>
      <div data-wrong={error !== undefined}>
        <SpaceBetween size="s">
          {options.map((one) => (
            <Checkbox
              key={one.id}
              checked={chosen.includes(one.id)}
              description={one.description}
              onChange={({ detail }) => toggle(one.id, detail.checked)}
            >
              {one.label}
            </Checkbox>
          ))}
        </SpaceBetween>
      </div>
    </FormField>
  );
}
