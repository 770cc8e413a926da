import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { DestinationView } from "../api/description";
import { hostKeyQuestion, roleQuestion } from "./steps";

/** Whether rules may deliver there, and what is missing where they may not. */
export function Readiness({ destination: { usable, probe } }: { destination: DestinationView }) {
  const failed = probe.some((step) => step.result === "failed");
  const key = hostKeyQuestion(probe);
  if (key?.confirmed) return <StatusIndicator type="error">Host key changed</StatusIndicator>;
  if (usable && failed) return <StatusIndicator type="warning">Used although its test failed</StatusIndicator>;
  if (usable) return <StatusIndicator type="success">Ready</StatusIndicator>;
  if (key) return <StatusIndicator type="pending">Host key to confirm</StatusIndicator>;
  if (roleQuestion(probe)) return <StatusIndicator type="pending">Role has to trust Waybill</StatusIndicator>;
  return <StatusIndicator type="error">Test failed</StatusIndicator>;
}
