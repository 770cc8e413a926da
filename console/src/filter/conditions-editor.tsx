import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Box from "@cloudscape-design/components/box";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { DataField } from "../api/description";
import {
  type Condition,
  type Conditions,
  type Join,
  newCondition,
  operatorsFor,
  over,
  valuesOf,
  wrongWith,
} from "./conditions";
import { fieldOptions } from "./fields";

interface Props {
  readonly fields: readonly DataField[];
  readonly conditions: Conditions;
  readonly strict: boolean;
  onChange(now: Conditions): void;
}

/** Conditions, one a row: a field, what is asked of it, and its value. */
export function ConditionsEditor({ fields, conditions, strict, onChange }: Props) {
  const { items } = conditions;
  const usual = fields.find((one) => one.type === "string") ?? fields[0];
  const fieldOf = (one: Condition) => fields.find((field) => field.name === one.field);
  const put = (place: number, now: Condition) =>
    onChange({ ...conditions, items: items.map((one, n) => (n === place ? now : one)) });
  const options = fieldOptions(fields);
  return (
    <SpaceBetween size="s">
      {items.length > 1 && (
        <SegmentedControl
          label="How the conditions are joined"
          selectedId={conditions.join}
          options={[
            { id: "and", text: "All of them hold" },
            { id: "or", text: "One of them holds" },
          ]}
          onChange={({ detail }) => onChange({ ...conditions, join: detail.selectedId as Join })}
        />
      )}
      <AttributeEditor
        items={items}
        addButtonText="Add a condition"
        removeButtonText="Remove"
        removeButtonAriaLabel={(one: Condition) => `Remove the condition on ${one.field}`}
        i18nStrings={{ itemRemovedAriaLive: "The condition was removed.", errorIconAriaLabel: "Error" }}
        disableAddButton={!usual}
        empty={<Box color="text-body-secondary">No conditions: every row.</Box>}
        onAddButtonClick={() => usual && onChange({ ...conditions, items: [...items, newCondition(usual)] })}
        onRemoveButtonClick={({ detail }) =>
          onChange({ ...conditions, items: items.filter((_, n) => n !== detail.itemIndex) })
        }
        definition={[
          {
            label: "Field",
            control: (one: Condition, place: number) => (
              <Select
                selectedOption={{ value: one.field, label: fieldOf(one)?.title || one.field }}
                options={options}
                filteringType="auto"
                filteringAriaLabel="Find a field"
                filteringPlaceholder="Find a field"
                expandToViewport
                ariaLabel={`Field of condition ${place + 1}`}
                onChange={({ detail }) => {
                  const field = fields.find((candidate) => candidate.name === detail.selectedOption.value);
                  if (field) put(place, over(one, field));
                }}
              />
            ),
          },
          {
            label: "Is asked",
            control: (one: Condition, place: number) => {
              const offered = operatorsFor(fieldOf(one)?.type ?? "string").map(({ id, label }) => ({
                value: id,
                label,
              }));
              return (
                <Select
                  selectedOption={offered.find(({ value }) => value === one.operator) ?? null}
                  options={offered}
                  expandToViewport
                  ariaLabel={`What is asked in condition ${place + 1}`}
                  onChange={({ detail }) =>
                    put(place, { ...one, operator: detail.selectedOption.value ?? one.operator })
                  }
                />
              );
            },
          },
          {
            label: "Value",
            control: (one: Condition, place: number) => (
              <Values condition={one} place={place} strict={strict} onChange={(now) => put(place, now)} />
            ),
            constraintText: (one: Condition) => constraint(one, fieldOf(one)),
            errorText: (one: Condition) => (strict || one.value ? wrongWith(one) : undefined),
          },
        ]}
      />
    </SpaceBetween>
  );
}

interface ValuesProps {
  readonly condition: Condition;
  readonly place: number;
  readonly strict: boolean;
  onChange(now: Condition): void;
}

function Values({ condition, place, strict, onChange }: ValuesProps) {
  const needs = valuesOf(condition);
  if (needs === "none") return <Box color="text-status-inactive">No value is needed</Box>;
  const invalid = (strict || condition.value !== "") && wrongWith(condition) !== undefined;
  const said = needs === "two" ? "Lowest value" : "Value";
  return (
    <SpaceBetween size="xs">
      <Input
        value={condition.value}
        ariaLabel={`${said} of condition ${place + 1}`}
        invalid={invalid}
        onChange={({ detail }) => onChange({ ...condition, value: detail.value })}
      />
      {needs === "two" && (
        <Input
          value={condition.upto}
          ariaLabel={`Highest value of condition ${place + 1}`}
          invalid={invalid}
          onChange={({ detail }) => onChange({ ...condition, upto: detail.value })}
        />
      )}
    </SpaceBetween>
  );
}

function constraint(condition: Condition, field: DataField | undefined): string | undefined {
  const needs = valuesOf(condition);
  if (needs === "list") return "Several with commas between them";
  if (needs !== "none" && field?.type === "timestamp") return "A day or an instant, in UTC where no offset is given";
  return undefined;
}
