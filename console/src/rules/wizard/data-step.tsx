import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Multiselect from "@cloudscape-design/components/multiselect";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { EnterText } from "../../parts/enter-text";
import { ChoiceForm } from "./choice-form";
import { newChoice } from "./draft";
import type { Drafting } from "./drafting";

/** What leaves: datasets, of each its rows and fields. */
export function DataStep(drafting: Drafting) {
  const { draft, datasets, change, wrong } = drafting;
  const chosen = new Set(draft.data.map((one) => one.dataset));
  const options = datasets.map((one) => ({
    value: one.name,
    label: one.title,
    description: one.description,
    labelTag: one.media ? "with media" : "",
    filteringTags: [one.name],
  }));
  const choose = (names: readonly string[]) =>
    change({ data: names.map((name) => draft.data.find((one) => one.dataset === name) ?? newChoice(name)) });
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Rule</Header>}>
        <SpaceBetween size="l">
          <EnterText
            label="Export name"
            description="You find the rule by it, and its folder usually has it."
            value={draft.name}
            error={wrong("name")}
            onChange={(name) => change({ name })}
          />
          <EnterText
            label="Description, optional"
            value={draft.description}
            error={wrong("description")}
            onChange={(description) => change({ description })}
          />
          <FormField
            label="Data source"
            description="Datasets that this rule exports. You can choose several."
            errorText={chosen.size === 0 ? wrong("data") : undefined}
            stretch
          >
            <Multiselect
              options={options}
              selectedOptions={options.filter((one) => chosen.has(one.value))}
              placeholder="Choose datasets"
              filteringType="auto"
              filteringPlaceholder="Find a dataset"
              filteringAriaLabel="Find a dataset"
              expandToViewport
              deselectAriaLabel={(one) => `Leave out ${one.label}`}
              i18nStrings={{ tokenLimitShowMore: "Show more", tokenLimitShowFewer: "Show fewer" }}
              tokenLimit={6}
              onChange={({ detail }) => choose(detail.selectedOptions.flatMap((one) => one.value ?? []))}
            />
          </FormField>
        </SpaceBetween>
      </Container>
      {draft.data.map((choice, place) => (
        <ChoiceForm
          key={choice.dataset}
          choice={choice}
          place={place}
          drafting={drafting}
          onChange={(now) => change({ data: draft.data.map((one, n) => (n === place ? now : one)) })}
        />
      ))}
    </SpaceBetween>
  );
}
