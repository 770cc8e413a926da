import type { EventKind, NotifyOn } from "../api/description";

export interface Told<T extends string> {
  readonly id: T;
  readonly label: string;
  readonly description?: string;
}

/** What a subscription may be told of, in words. */
export const EVENTS: readonly Told<EventKind>[] = [
  { id: "run.success", label: "A run was delivered", description: "All of its rows arrived." },
  {
    id: "run.partial",
    label: "A run was delivered in part",
    description: "Something of it did not arrive, or a row was rejected.",
  },
  { id: "run.failure", label: "A run failed", description: "After its last attempt." },
  { id: "run.cancelled", label: "A run was cancelled" },
  {
    id: "rule.paused",
    label: "A rule is paused",
    description: "Its runs failed in a row for a reason that only you can mend.",
  },
  {
    id: "destination.expires",
    label: "A destination's credentials end",
    description: "Once a day from 14 days before. It is about no rule.",
  },
  {
    id: "hole.found",
    label: "A hole was found",
    description: "The hourly audit found what should exist and does not.",
  },
];

/** What a rule's own mails may be about, in words. */
export const OUTCOMES: readonly Told<NotifyOn>[] = [
  { id: "success", label: "It was delivered" },
  { id: "partial", label: "It was delivered in part" },
  { id: "failure", label: "It failed", description: "After the last attempt." },
  { id: "cancelled", label: "It was cancelled" },
  {
    id: "paused",
    label: "The rule is paused",
    description: "Runs failed in a row for a reason that only you can mend.",
  },
];

const LABELS: ReadonlyMap<string, string> = new Map([
  ...EVENTS.map((one) => [one.id, one.label] as const),
  ["test", "A test"],
]);

export function eventLabel(event: string): string {
  return LABELS.get(event) ?? event;
}

export function eventsInWords(events: readonly string[]): string {
  return EVENTS.every((one) => events.includes(one.id)) ? "Everything" : events.map(eventLabel).join(", ");
}
