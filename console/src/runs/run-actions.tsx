import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf, once } from "../api/client";
import type { RunView } from "../api/description";
import { useNotices } from "../frame/notices";
import { Confirm } from "../parts/confirm";
import { useApi, useMay } from "../session/session";
import { isGoingOn, isRetriable } from "./sentence";

/** What can be done about a run: go on, once more, or stop. */
export function RunActions({ run, ruleGone }: { run: RunView; ruleGone: boolean }) {
  const api = useApi();
  const may = useMay();
  const cache = useQueryClient();
  const notices = useNotices();
  const [asked, setAsked] = useState<"cancel" | "again" | null>(null);
  const [acting, setActing] = useState(false);
  if (!may("export")) return null;
  const path = { run_id: run.run_id };

  async function retry() {
    setActing(true);
    try {
      const now = await bodyOf(api.POST("/runs/{run_id}/retry", { params: { path, header: once() } }));
      notices.done(`The run goes on as attempt ${now.attempt}. Only what has no receipt is sent.`);
      await cache.invalidateQueries({ queryKey: ["runs"] });
    } catch (failure) {
      notices.failed(failure);
    } finally {
      setActing(false);
    }
  }

  async function again() {
    const to = { path: { rule_id: run.rule_id }, header: once() };
    const body = { window_start: run.window_start };
    const made = await bodyOf(api.POST("/rules/{rule_id}/run", { params: to, body }));
    await cache.invalidateQueries({ queryKey: ["runs"] });
    notices.done("The window is run once more.", `/runs/${made.run_id}`);
  }

  async function cancel() {
    await bodyOf(api.POST("/runs/{run_id}/cancel", { params: { path, header: once() } }));
    await cache.invalidateQueries({ queryKey: ["runs"] });
  }

  return (
    <SpaceBetween direction="horizontal" size="xs">
      {isGoingOn(run) && <Button onClick={() => setAsked("cancel")}>Cancel run</Button>}
      {!isGoingOn(run) && !ruleGone && !run.amends && (
        <Button onClick={() => setAsked("again")}>Run this window once more</Button>
      )}
      {isRetriable(run) && !run.amends && (
        <Button variant="primary" loading={acting} onClick={() => void retry()}>
          Retry
        </Button>
      )}
      {asked === "cancel" && (
        <Confirm title="Cancel this run?" verb="Cancel the run" act={cancel} close={() => setAsked(null)}>
          It ends at once. Files that arrived stay and are listed; a manifest never follows. It can be retried later.
        </Confirm>
      )}
      {asked === "again" && (
        <Confirm title="Run this window once more?" verb="Run once more" act={again} close={() => setAsked(null)}>
          Everything of the window is delivered again, as a run of its own with a folder of its own. What was delivered
          stays.
        </Confirm>
      )}
    </SpaceBetween>
  );
}
