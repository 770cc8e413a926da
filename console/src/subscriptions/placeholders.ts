/** What stands in a mail for what happened, as `{rule}` (docs/notifications.md). */
export const PLACEHOLDERS: readonly { readonly name: string; readonly description: string }[] = [
  { name: "title", description: "What happened, in some words: Tickets was delivered" },
  { name: "outcome", description: "success, partial, failure, cancelled, paused, expires or found" },
  { name: "message", description: "What came of it, or what to do" },
  { name: "details", description: "All of these that there are, a line each" },
  { name: "link", description: "The run in the console, which asks to sign in" },
  { name: "rule", description: "The rule's name" },
  { name: "rule_id", description: "The rule's ID" },
  { name: "run", description: "The run's ID" },
  { name: "window_start", description: "Where the window starts, in the rule's zone" },
  { name: "window_end", description: "Where it ends" },
  { name: "rows", description: "How many rows: 12,345" },
  { name: "bytes", description: "How many bytes: 1.2 MB" },
  { name: "files", description: "How many files" },
  { name: "destinations", description: "The names of the destinations" },
  { name: "event", description: "The kind of event: run.success" },
  { name: "tenant", description: "The tenant's ID" },
];

export const DEFAULT_SUBJECT = "Waybill: {title}";
export const DEFAULT_MESSAGE = "{title}\n\n{message}\n\n{details}\n\n{link}\n";

/** `text` with `{name}` in the place of what is marked from `start` to `end`, and where the cursor is then. */
export function inserted(text: string, start: number, end: number, name: string): { text: string; cursor: number } {
  const token = `{${name}}`;
  return { text: text.slice(0, start) + token + text.slice(end), cursor: start + token.length };
}
