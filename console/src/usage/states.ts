import type { DayView } from "../api/description";

const ORDER = ["success", "partial", "failure", "cancelled"];

/** The outcomes that there are, the good ones first. */
export function statesOf(days: readonly DayView[]): string[] {
  const had = new Set(days.flatMap((day) => Object.keys(day.runs)));
  return [...ORDER.filter((state) => had.has(state)), ...[...had].filter((state) => !ORDER.includes(state)).sort()];
}
