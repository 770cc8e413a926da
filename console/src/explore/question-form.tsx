import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type FormEvent, useState } from "react";
import type { Problem } from "../api/problem";
import { useDataset } from "../datasets/use-dataset";
import { fieldsOf } from "../filter/fields";
import { FilterBuilder } from "../filter/filter-builder";
import { Failed } from "../parts/failed";
import { useFirstWrong } from "../parts/first-wrong";
import { PickOne } from "../parts/pick-one";
import { useDatasets } from "../rules/use-datasets";
import { FieldsField } from "./fields-field";
import { isRange, type Question } from "./question";
import { SpanField } from "./span-field";

const SOURCES = [
  { value: "both", label: "All that is there" },
  { value: "online", label: "Only what is not archived" },
  { value: "archived", label: "Only what is archived" },
] as const;

interface Props {
  readonly question: Question;
  /** What the API said of the last search. */
  readonly problem: Problem | null;
  onChange(question: Question): void;
  onAsk(question: Question): void;
}

export function QuestionForm({ question, problem, onChange, onAsk }: Props) {
  const datasets = useDatasets();
  const dataset = useDataset(question.dataset);
  const [tried, setTried] = useState(0);
  const form = useFirstWrong(problem ?? (tried || null));
  const fields = dataset.data ? fieldsOf(dataset.data.body) : [];
  const options = (datasets.data ?? []).map((one) => ({ value: one.name, label: one.title, description: one.name }));
  const range = isRange(question.range);
  const noDataset = question.dataset ? undefined : "Choose a dataset.";
  const noRange = range.valid ? undefined : range.errorMessage;
  function ask(event: FormEvent) {
    event.preventDefault();
    setTried((times) => times + 1);
    if (!noDataset && !noRange) onAsk(question);
  }
  return (
    <form ref={form} onSubmit={ask}>
      <Form
        actions={
          <Button variant="primary" formAction="submit">
            Search
          </Button>
        }
      >
        <Container header={<Header variant="h2">What you look for</Header>}>
          <SpaceBetween size="l">
            {datasets.error && <Failed failure={datasets.error} again={() => void datasets.refetch()} />}
            <ColumnLayout columns={2}>
              <FormField label="Dataset" errorText={tried ? noDataset : undefined}>
                <Select
                  options={options}
                  selectedOption={options.find((one) => one.value === question.dataset) ?? null}
                  onChange={({ detail }) =>
                    onChange({ ...question, dataset: detail.selectedOption.value ?? "", filter: "", fields: [] })
                  }
                  filteringType="auto"
                  statusType={datasets.isPending ? "loading" : "finished"}
                  placeholder="Choose a dataset"
                  expandToViewport
                />
              </FormField>
              <SpanField
                value={question.range}
                error={(tried ? noRange : undefined) ?? problem?.of("span")}
                onChange={(now) => onChange({ ...question, range: now })}
              />
            </ColumnLayout>
            {dataset.data && (
              <SpaceBetween size="l">
                <FilterBuilder
                  key={question.dataset}
                  fields={fields}
                  value={question.filter}
                  error={problem?.of("filter")}
                  onChange={(filter) => onChange({ ...question, filter })}
                />
                <ColumnLayout columns={2}>
                  <FieldsField
                    fields={fields}
                    value={question.fields}
                    error={problem?.of("fields")}
                    onChange={(now) => onChange({ ...question, fields: now })}
                  />
                  <PickOne
                    label="Source"
                    description="Old rows may be archived."
                    value={question.source}
                    options={SOURCES}
                    onChange={(source) => onChange({ ...question, source })}
                  />
                </ColumnLayout>
              </SpaceBetween>
            )}
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  );
}
