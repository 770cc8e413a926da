import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf, once } from "../api/client";
import type { BackfillView, RuleView, Running } from "../api/description";
import { useNotices } from "../frame/notices";
import { Confirm } from "../parts/confirm";
import { Empty } from "../parts/empty";
import { ListTable } from "../parts/list-table";
import { Outcome } from "../parts/outcome";
import { usePaged } from "../parts/paged";
import { bytes, count, instant, many, span, words } from "../parts/words";
import { useApi, useMay } from "../session/session";
import { NewBackfill } from "./new-backfill";

const LIVE = 4_000;

/** Past windows, run later: those that were asked for, with their progress. */
export function BackfillsTab({ rule }: { rule: RuleView }) {
  const api = useApi();
  const may = useMay();
  const [making, setMaking] = useState(false);
  const { zone } = rule.settings.schedule;
  const path = { rule_id: rule.rule_id };
  const found = usePaged<BackfillView>(
    ["backfills", rule.rule_id],
    (cursor) => bodyOf(api.GET("/rules/{rule_id}/backfills", { params: { path, query: cursor ? { cursor } : {} } })),
    (items) => items.some((one) => one.state === "active") && LIVE,
  );
  const make = may("export") && <Button onClick={() => setMaking(true)}>Run past windows</Button>;
  return (
    <>
      <ListTable<BackfillView>
        what="past windows"
        list={found}
        header={
          <Header variant="h2" actions={make} description="Windows of the past, run later, beside the rule's own.">
            Past windows
          </Header>
        }
        empty={
          <Empty title="No past windows were asked for" action={make}>
            To deliver what lies before the rule began, or what was left out, choose a span of time.
          </Empty>
        }
        columnDefinitions={[
          {
            id: "span",
            header: `Span, ${zone}`,
            isRowHeader: true,
            minWidth: 160,
            cell: (one) => span(one.start, one.end, zone),
          },
          { id: "state", header: "State", cell: (one) => <Outcome state={one.state} /> },
          { id: "progress", header: "Progress", minWidth: 220, cell: (one) => <Progress rule={rule} backfill={one} /> },
          { id: "which", header: "Which", cell: (one) => `${words(one.only)}, ${words(one.order).toLowerCase()}` },
          { id: "made", header: "Asked for", cell: (one) => `${instant(one.created_at, zone)}, by ${one.created_by}` },
          { id: "message", header: "Notes", cell: (one) => one.message || "–" },
          { id: "cancel", header: "Actions", cell: (one) => <Stop rule={rule} backfill={one} /> },
        ]}
      />
      {making && <NewBackfill rule={rule} close={() => setMaking(false)} />}
    </>
  );
}

interface OneProps {
  readonly rule: RuleView;
  readonly backfill: BackfillView;
}

function Progress({ rule, backfill }: OneProps) {
  const api = useApi();
  const path = { rule_id: rule.rule_id, backfill_id: backfill.backfill_id };
  const detail = useQuery({
    queryKey: ["backfills", rule.rule_id, backfill.backfill_id],
    queryFn: () => bodyOf(api.GET("/rules/{rule_id}/backfills/{backfill_id}", { params: { path } })),
    // The last runs go on after the backfill has begun all of them.
    refetchInterval: ({ state }) => (backfill.state === "active" || Boolean(state.data?.current.length)) && LIVE,
  }).data;
  if (!detail) return <>–</>;
  const states = Object.entries(detail.states).map(
    ([state, number]) => `${count(number)} ${words(state).toLowerCase()}`,
  );
  return (
    <ProgressBar
      ariaLabel={`Progress of ${span(backfill.start, backfill.end)}`}
      value={detail.total > 0 ? (100 * detail.done) / detail.total : 100}
      additionalInfo={[
        `${count(detail.done)} of ${many(detail.total, "window")}`,
        ...states,
        `${many(detail.rows, "row")}, ${bytes(detail.bytes)}`,
      ].join("; ")}
    />
  );
}

function Stop({ rule, backfill }: OneProps) {
  const api = useApi();
  const may = useMay();
  const cache = useQueryClient();
  const notices = useNotices();
  const [asked, setAsked] = useState(false);
  const [running, setRunning] = useState<Running>("finish");
  if (backfill.state !== "active" || !may("export")) return <Box color="text-status-inactive">–</Box>;
  async function stop() {
    const path = { rule_id: rule.rule_id, backfill_id: backfill.backfill_id };
    const params = { path, header: once() };
    await bodyOf(api.POST("/rules/{rule_id}/backfills/{backfill_id}/cancel", { params, body: { running } }));
    await cache.invalidateQueries({ queryKey: ["backfills", rule.rule_id] });
    notices.done("No further past window is run.");
  }
  return (
    <>
      <Button variant="inline-link" onClick={() => setAsked(true)}>
        Cancel
      </Button>
      {asked && (
        <Confirm title="Run no further past windows?" verb="Run no further" act={stop} close={() => setAsked(false)}>
          <RadioGroup
            ariaLabel="What becomes of runs that are under way"
            value={running}
            items={[
              { value: "finish", label: "Runs that are under way go on to their end" },
              { value: "cancel", label: "Runs that are under way are cancelled, too" },
            ]}
            onChange={({ detail }) => setRunning(detail.value as Running)}
          />
        </Confirm>
      )}
    </>
  );
}
