import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { AttemptView } from "../api/description";
import { resultOf } from "./attempt-words";

export function AttemptResult({ of }: { of: AttemptView }) {
  const { type, word } = resultOf(of);
  return <StatusIndicator type={type}>{word}</StatusIndicator>;
}
