import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { Entry } from "../api/description";

const SIGNS = { asked: "pending", done: "success", refused: "error" } as const;
const SAID = { asked: "Asked", done: "Done", refused: "Refused" } as const;

export function StageOf({ entry: { stage } }: { entry: Entry }) {
  return <StatusIndicator type={SIGNS[stage]}>{SAID[stage]}</StatusIndicator>;
}
