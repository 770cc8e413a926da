import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { bodyOf } from "../api/client";
import type { RuleView } from "../api/description";
import { useNotices } from "../frame/notices";
import { Empty } from "../parts/empty";
import { Failed } from "../parts/failed";
import { Waiting } from "../parts/waiting";
import { RunsTable } from "../runs/runs-table";
import { useApi, useMay } from "../session/session";
import { BackfillsTab } from "./backfills-tab";
import { GapsTab } from "./gaps-tab";
import { NextRuns } from "./next-runs";
import { RuleMenu } from "./rule-menu";
import { NextRun, State } from "./rules-page";
import { frequencyWords, listed } from "./schedule-words";
import { SettingsTold } from "./settings-told";
import { told } from "./settings-words";
import { useDestinationNames } from "./use-destinations";
import { useRuleActions } from "./use-rule-actions";

const ChartsTab = lazy(async () => ({ default: (await import("./charts-tab")).ChartsTab }));

/** A rule: its state, its log, and everything that can be asked about it. */
export function RulePage() {
  const { ruleId = "" } = useParams();
  const api = useApi();
  const found = useQuery({
    queryKey: ["rules", ruleId],
    queryFn: () => bodyOf(api.GET("/rules/{rule_id}", { params: { path: { rule_id: ruleId } } })),
  });
  if (found.error && !found.data)
    return (
      <ContentLayout header={<Header variant="h1">Rule</Header>}>
        <Failed failure={found.error} again={() => void found.refetch()} />
      </ContentLayout>
    );
  return found.data ? <Shown rule={found.data} /> : <Waiting what="the rule" />;
}

function Shown({ rule }: { rule: RuleView }) {
  const [asked, setAsked] = useSearchParams();
  const { settings } = rule;
  const nameOf = useDestinationNames();
  return (
    <ContentLayout
      header={
        <Header variant="h1" actions={<Actions rule={rule} />} description={settings.description || undefined}>
          {settings.name}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {rule.state === "paused" && (
          <Alert type="warning" header="The rule is paused">
            {rule.paused_because} Correct that, then activate the rule.
          </Alert>
        )}
        {rule.warnings.map((one) => (
          <Alert key={one} type="warning">
            {one}
          </Alert>
        ))}
        <Container>
          <KeyValuePairs
            columns={4}
            items={[
              { label: "State", value: <State rule={rule} /> },
              { label: "Frequency", value: frequencyWords(settings.schedule) },
              { label: "Next run", value: <NextRun rule={rule} long /> },
              { label: "Destinations", value: listed(settings.destinations.map(nameOf)) },
            ]}
          />
        </Container>
        <Tabs
          ariaLabel="About the rule"
          i18nStrings={{ scrollLeftAriaLabel: "Earlier tabs", scrollRightAriaLabel: "Further tabs" }}
          activeTabId={asked.get("tab") ?? "log"}
          onChange={({ detail }) => setAsked({ tab: detail.activeTabId }, { replace: true })}
          tabs={[
            { id: "log", label: "Log", content: <LogTab rule={rule} /> },
            {
              id: "charts",
              label: "Charts",
              content: (
                <Suspense fallback={<Waiting what="the charts" />}>
                  <ChartsTab rule={rule} />
                </Suspense>
              ),
            },
            { id: "calendar", label: "Calendar", content: <CalendarTab rule={rule} /> },
            { id: "gaps", label: "Gaps", content: <GapsTab rule={rule} /> },
            { id: "past", label: "Past windows", content: <BackfillsTab rule={rule} /> },
            { id: "details", label: "Details", content: <SettingsTold parts={told(settings, nameOf)} /> },
          ]}
        />
      </SpaceBetween>
    </ContentLayout>
  );
}

function Actions({ rule }: { rule: RuleView }) {
  const may = useMay();
  const navigate = useNavigate();
  const notices = useNotices();
  const { run } = useRuleActions(rule);
  const [acting, setActing] = useState(false);
  if (!may("export")) return null;
  async function runNow() {
    setActing(true);
    try {
      navigate(`/runs/${(await run()).run_id}`);
    } catch (failure) {
      notices.failed(failure);
      setActing(false);
    }
  }
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <RuleMenu rule={rule} />
      <Button onClick={() => navigate(`/rules/${rule.rule_id}/edit`)}>Edit</Button>
      <Button
        variant="primary"
        loading={acting}
        disabled={rule.state !== "active"}
        disabledReason="Activate the rule first."
        onClick={() => void runNow()}
      >
        Run now
      </Button>
    </SpaceBetween>
  );
}

function LogTab({ rule }: { rule: RuleView }) {
  const api = useApi();
  const path = { rule_id: rule.rule_id };
  return (
    <RunsTable
      queryKey={["runs", "of", rule.rule_id]}
      ask={(query) => bodyOf(api.GET("/rules/{rule_id}/runs", { params: { path, query: { ...query, limit: 25 } } }))}
      zone={rule.settings.schedule.zone}
      title="Log"
      variant="h2"
      empty={
        <Empty title="It has not run yet">
          Its first window is exported as soon as it is over. You can also run it now.
        </Empty>
      }
    />
  );
}

function CalendarTab({ rule }: { rule: RuleView }) {
  const api = useApi();
  const found = useQuery({
    queryKey: ["rules", rule.rule_id, "calendar"],
    queryFn: () =>
      bodyOf(
        api.GET("/rules/{rule_id}/calendar", { params: { path: { rule_id: rule.rule_id }, query: { count: 100 } } }),
      ),
  });
  return (
    <NextRuns
      calendar={found.data}
      failure={found.error}
      loading={found.isPending}
      frequency={rule.settings.schedule.frequency}
      heading="h2"
    />
  );
}
