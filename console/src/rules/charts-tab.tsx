import BarChart from "@cloudscape-design/components/bar-chart";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { bodyOf } from "../api/client";
import type { RuleView, RunView } from "../api/description";
import { Empty } from "../parts/empty";
import { Failed } from "../parts/failed";
import { bytes, count, many, words } from "../parts/words";
import { windowWords } from "../runs/sentence";
import { useApi } from "../session/session";

const MOST = 30;
const ENDED = ["success", "partial", "failure", "cancelled"];

/** Rows and bytes of the newest runs, and how they ended. */
export function ChartsTab({ rule }: { rule: RuleView }) {
  const api = useApi();
  const found = useQuery({
    queryKey: ["runs", "of", rule.rule_id, "chart"],
    queryFn: () =>
      bodyOf(api.GET("/rules/{rule_id}/runs", { params: { path: { rule_id: rule.rule_id }, query: { limit: MOST } } })),
  });
  if (found.error) return <Failed failure={found.error} again={() => void found.refetch()} />;
  const runs = [...(found.data?.items ?? [])].reverse();
  const ended = ENDED.map((state) => ({ x: words(state), y: runs.filter((one) => one.state === state).length }));
  return (
    <SpaceBetween size="l">
      <PerRun title="Rows" runs={runs} rule={rule} loading={found.isPending} of={(run) => run.rows} said={count} />
      <PerRun title="Bytes" runs={runs} rule={rule} loading={found.isPending} of={(run) => run.bytes} said={bytes} />
      <Container header={<Header variant="h2">Outcomes</Header>}>
        <BarChart
          series={[{ title: "Runs", type: "bar", data: ended }]}
          xDomain={ended.map((one) => one.x)}
          yDomain={[0, Math.max(4, ...ended.map((one) => one.y))]}
          height={160}
          horizontalBars
          hideFilter
          hideLegend
          statusType={found.isPending ? "loading" : "finished"}
          yTitle="Runs"
          ariaLabel="Outcomes of the newest runs"
          ariaDescription={ended.map((one) => `${one.x}: ${one.y}`).join(", ")}
          i18nStrings={STRINGS}
          empty={<Empty title="No runs yet" />}
        />
        <Box variant="small" color="text-body-secondary">
          Of the newest {many(runs.length, "run")}.
        </Box>
      </Container>
    </SpaceBetween>
  );
}

const STRINGS = {
  chartAriaRoleDescription: "bar chart",
  xAxisAriaRoleDescription: "x axis",
  yAxisAriaRoleDescription: "y axis",
  detailPopoverDismissAriaLabel: "Dismiss",
};

interface PerRunProps {
  readonly title: string;
  readonly runs: readonly RunView[];
  readonly rule: RuleView;
  readonly loading: boolean;
  of(run: RunView): number | null;
  said(number: number): string;
}

function PerRun({ title, runs, rule, loading, of, said }: PerRunProps) {
  const { zone } = rule.settings.schedule;
  const data = runs.map((run) => ({
    x: windowWords(run, zone) + (run.generation > 1 || run.amends ? ` (${run.generation})` : ""),
    y: of(run) ?? 0,
  }));
  const most = Math.max(0, ...data.map((one) => one.y));
  const total = data.reduce((sum, one) => sum + one.y, 0);
  return (
    <Container header={<Header variant="h2">{title} per run</Header>}>
      <BarChart
        series={[{ title, type: "bar", data, valueFormatter: said }]}
        xDomain={data.map((one) => one.x)}
        yDomain={[0, Math.max(4, most)]}
        height={220}
        hideFilter
        hideLegend
        statusType={loading ? "loading" : "finished"}
        loadingText="Loading runs…"
        xTitle={`Window, ${zone}`}
        yTitle={title}
        ariaLabel={`${title} per run`}
        ariaDescription={`${many(data.length, "run")}, ${said(total)} in all, at most ${said(most)} a run.`}
        i18nStrings={{ ...STRINGS, yTickFormatter: said }}
        empty={<Empty title="No runs yet">The chart fills as the rule runs.</Empty>}
      />
    </Container>
  );
}
