import Box from "@cloudscape-design/components/box";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { asProblem } from "../api/problem";
import { useDataset } from "../datasets/use-dataset";
import { fieldsOf } from "../filter/fields";
import { FoundRows } from "./found-rows";
import { type Asked, LAST_WEEK, type Question, spanOf } from "./question";
import { QuestionForm } from "./question-form";
import { useSearch } from "./use-search";

/** Looking at what there is before it leaves, and taking some of it along. */
export function ExplorePage() {
  const [place] = useSearchParams();
  const [question, setQuestion] = useState<Question>({
    dataset: place.get("dataset") ?? "",
    range: LAST_WEEK,
    filter: "",
    fields: [],
    source: "both",
  });
  const [asked, setAsked] = useState<Asked>();
  const found = useSearch(asked);
  const dataset = useDataset(asked?.dataset ?? "");
  const problem = found.failure ? asProblem(found.failure) : null;
  return (
    <ContentLayout
      header={
        <Header variant="h1" description="Search a dataset, page by page. Nothing leaves before you export it.">
          Explore
        </Header>
      }
    >
      <SpaceBetween size="l">
        <QuestionForm
          question={question}
          problem={problem}
          onChange={setQuestion}
          onAsk={({ range, ...rest }) => range && setAsked({ ...rest, span: spanOf(range, Date.now()) })}
        />
        {!asked && (
          <Box textAlign="center" color="text-body-secondary" padding="l">
            Choose a dataset and a span, then search.
          </Box>
        )}
        {asked && !problem?.errors.length && (
          <FoundRows
            key={JSON.stringify(asked)}
            asked={asked}
            found={found}
            fields={dataset.data ? fieldsOf(dataset.data.body) : []}
          />
        )}
      </SpaceBetween>
    </ContentLayout>
  );
}
