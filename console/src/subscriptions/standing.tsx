import Box from "@cloudscape-design/components/box";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { SubscriptionState, SubscriptionView } from "../api/description";
import { instant } from "../parts/words";
import { inWords } from "./in-words";

const SIGNS: Readonly<Record<SubscriptionState, StatusIndicatorProps.Type>> = {
  active: "success",
  failing: "warning",
  disabled: "stopped",
};

/** Whether it sends, and why not. */
export function Standing({ of: one }: { of: SubscriptionView }) {
  return (
    <>
      <StatusIndicator type={SIGNS[one.state]}>{saidOf(one)}</StatusIndicator>
      {one.because && (
        <Box variant="small" display="block">
          {inWords(one.because)}
        </Box>
      )}
    </>
  );
}

function saidOf({ state, failing_since, disabled_at }: SubscriptionView): string {
  if (state === "failing") return `Failing since ${instant(failing_since)} UTC`;
  if (state === "disabled") return `Disabled on ${instant(disabled_at)} UTC`;
  return "Active";
}
