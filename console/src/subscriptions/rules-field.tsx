import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useAllRules } from "../rules/use-all-rules";

interface Props {
  readonly narrowed: boolean;
  readonly chosen: readonly string[];
  readonly error?: string | undefined;
  onChange(changed: { narrowed?: boolean; rules?: string[] }): void;
}

/** All rules, or some by their names. */
export function RulesField({ narrowed, chosen, error, onChange }: Props) {
  const rules = useAllRules();
  const options = (rules ?? []).map((one) => ({
    value: one.rule_id,
    label: one.settings.name,
    description: one.rule_id,
  }));
  const optionOf = (id: string) =>
    options.find((one) => one.value === id) ?? { value: id, label: rules ? `${id} (deleted)` : id };
  return (
    <SpaceBetween size="s">
      <FormField label="Rules" description="For events that are about a rule.">
        <RadioGroup
          value={narrowed ? "some" : "all"}
          items={[
            { value: "all", label: "All rules", description: "Those that are made later as well." },
            { value: "some", label: "Some rules" },
          ]}
          onChange={({ detail }) => onChange({ narrowed: detail.value === "some" })}
        />
      </FormField>
      {narrowed && (
        <FormField label="Chosen rules" errorText={error}>
          <div data-wrong={error !== undefined}>
            <Multiselect
              options={options}
              selectedOptions={chosen.map(optionOf)}
              placeholder="Choose rules"
              filteringType="auto"
              filteringPlaceholder="Find a rule"
              filteringAriaLabel="Find a rule"
              statusType={rules ? "finished" : "loading"}
              loadingText="Loading rules…"
              empty="There is no rule yet. Choose all rules."
              deselectAriaLabel={(option) => `Leave out ${option.label}`}
              expandToViewport
              onChange={({ detail }) => onChange({ rules: detail.selectedOptions.map((one) => one.value ?? "") })}
            />
          </div>
        </FormField>
      )}
    </SpaceBetween>
  );
}
