import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Multiselect from "@cloudscape-design/components/multiselect";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf } from "../../api/client";
import type { DataChoice, DataField } from "../../api/description";
import { fieldOptions, fieldsOf } from "../../filter/fields";
import { FilterBuilder } from "../../filter/filter-builder";
import { many } from "../../parts/words";
import { useApi } from "../../session/session";
import { ChoiceOptions } from "./choice-options";
import type { Drafting } from "./drafting";

interface Props {
  readonly choice: DataChoice;
  readonly place: number;
  readonly drafting: Drafting;
  onChange(now: DataChoice): void;
}

/** What of one dataset: which rows, which fields, and what comes with them. */
export function ChoiceForm({ choice, place, drafting, onChange }: Props) {
  const api = useApi();
  const { datasets, strict, wrong } = drafting;
  const dataset = datasets.find((one) => one.name === choice.dataset);
  const detail = useQuery({
    queryKey: ["datasets", choice.dataset],
    queryFn: () => bodyOf(api.GET("/datasets/{name}", { params: { path: { name: choice.dataset } } })),
    retry: false,
  }).data;
  const fields = detail ? fieldsOf(detail) : (dataset?.fields ?? []);
  const path = `data.${place}`;
  const { filter } = choice;
  return (
    <Container
      header={
        <Header variant="h2" description={dataset?.description ?? wrong(`${path}.dataset`)}>
          {dataset?.title ?? choice.dataset}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <FilterBuilder
          key={detail ? "all fields" : "known fields"}
          label={`Rows of ${dataset?.title ?? choice.dataset}`}
          fields={fields}
          value={typeof filter === "string" ? filter : filter ? JSON.stringify(filter) : ""}
          error={wrong(`${path}.filter`)}
          strict={strict}
          onChange={(text) => onChange({ ...choice, filter: text.trim() ? text : null })}
        />
        <FieldsChoice
          name={dataset?.title ?? choice.dataset}
          fields={fields}
          openField={dataset?.open_field}
          chosen={choice.fields}
          error={wrong(`${path}.fields`)}
          onChange={(chosen) => onChange({ ...choice, fields: chosen })}
        />
        {dataset && <ChoiceOptions choice={choice} dataset={dataset} path={path} wrong={wrong} onChange={onChange} />}
      </SpaceBetween>
    </Container>
  );
}

interface FieldsProps {
  readonly name: string;
  readonly fields: readonly DataField[];
  readonly openField: string | null | undefined;
  readonly chosen: readonly string[];
  readonly error: string | undefined;
  onChange(chosen: string[]): void;
}

function FieldsChoice({ name, fields, openField, chosen, error, onChange }: FieldsProps) {
  const [choosing, setChoosing] = useState(chosen.length > 0);
  const usual = fields.filter((one) => one.default);
  const every: DataField[] = openField
    ? [
        {
          name: `${openField}.*`,
          title: "All of your own columns",
          type: "any",
          category: "Your own columns",
          description: "Each that the window's rows have.",
          default: false,
        },
      ]
    : [];
  const options = fieldOptions([...every, ...fields]);
  const flat = options.flatMap((one) => ("options" in one ? one.options : [one]));
  return (
    <FormField label={`Fields of ${name}`} errorText={error} stretch>
      <SpaceBetween size="s">
        <RadioGroup
          ariaLabel={`Which fields of ${name}`}
          value={choosing ? "chosen" : "usual"}
          items={[
            { value: "usual", label: `The usual fields (${many(usual.length, "field")})` },
            { value: "chosen", label: "Only those that I choose, in my order" },
          ]}
          onChange={({ detail }) => {
            setChoosing(detail.value === "chosen");
            onChange(detail.value === "chosen" ? usual.map((one) => one.name) : []);
          }}
        />
        {choosing && (
          <Multiselect
            options={options}
            selectedOptions={chosen.map(
              (one) => flat.find((option) => option.value === one) ?? { value: one, label: one },
            )}
            ariaLabel={`Fields of ${name}`}
            placeholder="Choose fields"
            filteringType="auto"
            filteringPlaceholder="Find a field"
            filteringAriaLabel="Find a field"
            expandToViewport
            tokenLimit={8}
            i18nStrings={{ tokenLimitShowMore: "Show more", tokenLimitShowFewer: "Show fewer" }}
            deselectAriaLabel={(one) => `Leave out ${one.label}`}
            onChange={({ detail }) => onChange(detail.selectedOptions.flatMap((one) => one.value ?? []))}
          />
        )}
      </SpaceBetween>
    </FormField>
  );
}
