import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { bodyOf } from "../../api/client";
import type { ExpectedView, PreviewAnswer, SampleView } from "../../api/description";
import { asProblem, Problem } from "../../api/problem";
import { Failed } from "../../parts/failed";
import { saveAs } from "../../parts/save-as";
import { Waiting } from "../../parts/waiting";
import { bytes, count, many, span } from "../../parts/words";
import { useApi } from "../../session/session";
import { type Draft, previewOf } from "./draft";
import { STEPS, stepOf } from "./steps";

const SHOWN = 10;

/** What the rule would deliver of its newest window that is over. Nothing is saved, and nothing leaves. */
export function Preview({ draft, mend }: { draft: Draft; mend: (problem: Problem) => void }) {
  const api = useApi();
  const rule = previewOf(draft);
  const found = useQuery({
    queryKey: ["preview", JSON.stringify(rule)],
    queryFn: () => bodyOf(api.POST("/preview", { body: { rule } })),
    retry: false,
    staleTime: 60_000,
  });
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="What it would deliver of its newest window that is over. Nothing leaves yet."
          actions={
            <Button iconName="refresh" onClick={() => void found.refetch()} loading={found.isFetching}>
              Look again
            </Button>
          }
        >
          Preview
        </Header>
      }
    >
      {found.error ? (
        <Refused failure={found.error} again={() => void found.refetch()} mend={mend} />
      ) : found.data ? (
        <Previewed answer={found.data} zone={draft.schedule.zone} />
      ) : (
        <Waiting what="the preview" />
      )}
    </Container>
  );
}

interface RefusedProps {
  readonly failure: unknown;
  again(): void;
  mend(problem: Problem): void;
}

/** What the rule could not do as it is, with the way to the control that mends it. */
function Refused({ failure, again, mend }: RefusedProps) {
  const problem = asProblem(failure);
  if (problem.errors.length === 0) return <Failed failure={problem} again={again} />;
  const errors = problem.errors.map(({ field, message }) => ({ field: field.replace(/^rule\./, ""), message }));
  const first = STEPS[Math.min(...errors.map((one) => stepOf(one.field)))];
  return (
    <Alert
      type="error"
      header="This rule cannot be saved as it is"
      action={<Button onClick={() => mend(new Problem(problem.status, problem.message, errors))}>Go to {first}</Button>}
    >
      {errors.map((one) => (
        <div key={one.field + one.message}>{one.message}</div>
      ))}
    </Alert>
  );
}

function Previewed({ answer, zone }: { answer: PreviewAnswer; zone: string }) {
  const { window, data, names, more_names, sample, warnings } = answer;
  return (
    <SpaceBetween size="l">
      {warnings.map((one) => (
        <Alert key={one} type="warning">
          {one}
        </Alert>
      ))}
      <KeyValuePairs
        columns={3}
        items={[
          { label: `Window, ${zone}`, value: span(window.start, window.end, zone) },
          ...data.map((one) => ({ label: one.dataset, value: expected(one) })),
        ]}
      />
      {data.map((one) => (
        <FirstRows key={one.dataset} found={one} />
      ))}
      <div>
        <Box variant="awsui-key-label">Files</Box>
        {names.map((name) => (
          <Box key={name} variant="code" display="block">
            {name}
          </Box>
        ))}
        {more_names > 0 && <Box color="text-body-secondary">and {count(more_names)} more</Box>}
      </div>
      {sample && (
        <Button iconName="download" onClick={() => save(sample)}>
          Download a sample: {sample.name}
        </Button>
      )}
    </SpaceBetween>
  );
}

function expected({ rows, bytes: size, exact, unreadable }: ExpectedView): string {
  const about = exact ? "" : "about ";
  const said = `${about}${many(rows, "row")}, ${about}${bytes(size)} before compression`;
  return unreadable ? `${said}; ${count(unreadable)} cannot be read` : said;
}

function FirstRows({ found }: { found: ExpectedView }) {
  if (found.first_rows.length === 0)
    return <Box color="text-body-secondary">{found.dataset} has no rows in this window that the filter takes.</Box>;
  return (
    <ExpandableSection headerText={`First rows of ${found.dataset}`} defaultExpanded>
      <Table
        variant="embedded"
        items={found.first_rows.slice(0, SHOWN)}
        ariaLabels={{ tableLabel: `First rows of ${found.dataset}` }}
        columnDefinitions={found.columns.map((column) => ({
          id: column,
          header: column,
          cell: (row: Record<string, unknown>) => shown(row[column]),
        }))}
      />
    </ExpandableSection>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "–";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function save({ name, media_type, content_base64 }: SampleView): void {
  const content = Uint8Array.from(atob(content_base64), (one) => one.charCodeAt(0));
  saveAs(name, new Blob([content], { type: media_type }));
}
