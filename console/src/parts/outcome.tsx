import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { words } from "./words";

const KINDS: Readonly<Record<string, StatusIndicatorProps.Type>> = {
  // runs
  scheduled: "pending",
  ongoing: "in-progress",
  success: "success",
  partial: "warning",
  failure: "error",
  cancelled: "stopped",
  // rules
  active: "success",
  inactive: "stopped",
  paused: "warning",
  ended: "stopped",
  // windows of a gap report, past windows
  delivered: "success",
  running: "in-progress",
  waiting: "pending",
  left_out: "stopped",
  missing: "error",
  upcoming: "pending",
  done: "success",
  // destinations, and the steps of a probe
  ok: "success",
  failed: "error",
  not_reached: "stopped",
};

/** A state of the API's, with its sign; the word says it as well, for whoever does not see the colour. */
export function Outcome({ state }: { state: string }) {
  return <StatusIndicator type={KINDS[state] ?? "info"}>{words(state)}</StatusIndicator>;
}
