import { type Draft, newChoice, newDraft } from "./draft";

const SOURCES = ["online", "archived", "both"] as const;

/** A new rule as another page asks for it: of a search (`dataset`, `filter`, `fields`, `source`), or to a `destination`. */
export function askedDraft(asked: URLSearchParams, zone: string): Draft {
  const usual = newDraft(zone);
  const dataset = asked.get("dataset");
  const destination = asked.get("destination");
  const choice = dataset && {
    ...newChoice(dataset),
    filter: asked.get("filter"),
    fields: (asked.get("fields") ?? "").split(",").filter(Boolean),
    source: SOURCES.find((one) => one === asked.get("source")) ?? "both",
  };
  return {
    ...usual,
    ...(choice ? { data: [choice] } : {}),
    ...(destination ? { destinations: [destination] } : {}),
  };
}
