import type { FieldError, Problem } from "../../api/problem";
import { sentence } from "../../parts/sentence";
import type { Kind, Setting, Values } from "./setting";
import { asked } from "./values";

export interface Wrong {
  /** What is wrong with a field, by the setting's name; `name` is the destination's own. */
  readonly fields: ReadonlyMap<string, string>;
  /** What belongs to no field that is shown. */
  readonly rest: readonly string[];
}

/** What a problem says, at the fields that it is about; in the words that the form uses for them. */
export function wrongOf(problem: Problem, kind: Kind, values: Values): Wrong {
  const shown = asked(kind, values).filter((setting) => !setting.asks);
  const fields = new Map<string, string>();
  const rest: string[] = [];
  for (const { field, message } of problem.errors) {
    const said = sentence(inWords(message, kind));
    const at = field === "name" || field === "kind" ? field : placeOf(field, message, shown);
    if (at && at !== "kind") fields.set(at, [fields.get(at), said].filter(Boolean).join(" "));
    else rest.push(said);
  }
  return { fields, rest };
}

/** The setting that an error names; one that is about several is shown at the first of them that its sentence names. */
function placeOf(field: string, message: string, shown: readonly Setting[]): string | undefined {
  const path = field.replace(/^settings\.?/, "");
  const exact = shown.find(({ name }) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`));
  if (exact) return exact.name;
  const named = shown
    .map(({ name }) => ({ name, at: message.search(new RegExp(`\\b${name.replace(".", "\\.")}\\b`)) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at);
  return named[0]?.name;
}

/** The API's names of fields are replaced by the form's labels. */
export function inWords(message: string, kind: Kind): string {
  return kind.settings
    .filter(({ name }) => name.includes("_"))
    .reduce((text, { name, label }) => text.replaceAll(new RegExp(`\\b${name}\\b`, "g"), label), message);
}

/** What is missing or no number: said before the API is asked, all of it at once. */
export function incomplete(kind: Kind, name: string, values: Values): readonly FieldError[] {
  const found: FieldError[] = name.trim() ? [] : [{ field: "name", message: "is missing; give it a value" }];
  for (const setting of asked(kind, values).filter((one) => !one.asks)) {
    const value = values[setting.name]?.trim() ?? "";
    const field = `settings.${setting.name}`;
    if (!value && !setting.optional) found.push({ field, message: "is missing; give it a value" });
    if (setting.type === "number" && Number.isNaN(Number(value))) found.push({ field, message: "must be a number" });
  }
  return found;
}
