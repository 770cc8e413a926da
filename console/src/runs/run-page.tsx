import Alert from "@cloudscape-design/components/alert";
import Badge from "@cloudscape-design/components/badge";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { bodyOf } from "../api/client";
import type { RunDetail } from "../api/description";
import { Problem } from "../api/problem";
import { Failed } from "../parts/failed";
import { Link } from "../parts/link";
import { Outcome } from "../parts/outcome";
import { Waiting } from "../parts/waiting";
import { bytes, count, instant, words } from "../parts/words";
import { useDestinationNames, useDestinations } from "../rules/use-destinations";
import { useApi } from "../session/session";
import { RunActions } from "./run-actions";
import { RunFiles } from "./run-files";
import { RunLog } from "./run-log";
import { RunProgress } from "./run-progress";
import { which } from "./runs-table";
import { happened, isGoingOn, lasted, windowWords } from "./sentence";
import { useFiles } from "./use-files";
import { Verify } from "./verify";

const LIVE = 2_000;

/** One run: what happened, how far it is, its files with their receipts, and how the receiver proves them. */
export function RunPage() {
  const { runId = "" } = useParams();
  const api = useApi();
  const found = useQuery({
    queryKey: ["runs", runId],
    queryFn: () => bodyOf(api.GET("/runs/{run_id}", { params: { path: { run_id: runId } } })),
    refetchInterval: ({ state }) => (state.data && isGoingOn(state.data) ? LIVE : false),
  });
  if (found.error && !found.data)
    return (
      <ContentLayout header={<Header variant="h1">Run</Header>}>
        <Failed failure={found.error} again={() => void found.refetch()} />
      </ContentLayout>
    );
  return found.data ? <Shown run={found.data} /> : <Waiting what="the run" />;
}

function Shown({ run }: { run: RunDetail }) {
  const api = useApi();
  const rule = useQuery({
    queryKey: ["rules", run.rule_id],
    queryFn: () => bodyOf(api.GET("/rules/{rule_id}", { params: { path: { rule_id: run.rule_id } } })),
    retry: false,
  });
  const gone = rule.error instanceof Problem && rule.error.status === 404;
  const zone = rule.data?.settings.schedule.zone ?? "UTC";
  const destinations = useDestinations().data ?? [];
  const files = useFiles(run);
  const nameOf = useDestinationNames();
  const asked = rule.data?.settings.destinations ?? [];
  const received = files.items.flatMap((one) => one.receipts.map((receipt) => receipt.destination_id));
  const places = [...new Set([...asked, ...received])];
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          actions={<RunActions run={run} ruleGone={gone} />}
          description={
            gone ? (
              `${run.rule_name}, a rule that is deleted`
            ) : (
              <Link to={`/rules/${run.rule_id}`}>{run.rule_name}</Link>
            )
          }
        >
          Run of {windowWords(run, zone)} {run.amends && <Badge color="blue">Late rows</Badge>}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <Happened run={run} />
        <Container header={<Header variant="h2">Summary</Header>}>
          <Summary run={run} zone={zone} />
        </Container>
        {isGoingOn(run) && <RunProgress run={run} files={files} destinations={places} nameOf={nameOf} />}
        <RunFiles
          run={run}
          files={files}
          nameOf={nameOf}
          hosted={destinations.filter((one) => one.kind === "hosted").map((one) => one.destination_id)}
        />
        <Verify files={files.items} more={files.more} />
        <RunLog run={run} zone={zone} />
      </SpaceBetween>
    </ContentLayout>
  );
}

const KINDS = { success: "success", failure: "error", partial: "warning", cancelled: "warning" } as const;

function Happened({ run }: { run: RunDetail }) {
  const kind = run.state in KINDS ? KINDS[run.state as keyof typeof KINDS] : "info";
  return (
    <Alert type={kind} statusIconAriaLabel={words(run.state)}>
      {happened(run)}
    </Alert>
  );
}

function Summary({ run, zone }: { run: RunDetail; zone: string }) {
  return (
    <KeyValuePairs
      columns={4}
      items={[
        { label: "Status", value: <Outcome state={run.state} /> },
        { label: `Window, ${zone}`, value: windowWords(run, zone) },
        ...(zone === "UTC" ? [] : [{ label: "Window, UTC", value: windowWords(run, "UTC") }]),
        { label: "Which", value: which(run) },
        { label: `Export date, ${zone}`, value: instant(run.started_at ?? run.scheduled_for, zone) },
        { label: isGoingOn(run) ? "So far" : "It took", value: lasted(run) },
        { label: "Rows", value: count(run.rows) },
        { label: "Size", value: bytes(run.bytes) },
        { label: "Files", value: count(run.files) },
        { label: "Rejects", value: count(run.rejects) },
        { label: "Came by", value: words(run.trigger) },
        { label: "Id", value: run.run_id },
      ]}
    />
  );
}
