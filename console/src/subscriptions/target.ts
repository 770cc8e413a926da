import type { SubscriptionView } from "../api/description";
import { many } from "../parts/words";

export type Target = SubscriptionView["target"];

export const KINDS = [
  {
    value: "mail",
    label: "Mail",
    description: "Each address gets a mail of its own, in plain text, with words that you choose.",
  },
  {
    value: "webhook",
    label: "Webhook",
    description: "A signed POST with JSON to a program of yours, tried again for a day if need be.",
  },
] as const;

export function kindLabel(kind: Target["kind"]): string {
  return KINDS.find((one) => one.value === kind)?.label ?? kind;
}

/** Where it goes, in a few words. */
export function targetInWords(target: Target): string {
  if (target.kind === "webhook") return target.url;
  const [first = "", ...others] = target.addresses;
  return others.length > 0 ? `${first} and ${many(others.length, "other")}` : first;
}

/** Which rules it is about, by name where the name is known. */
export function rulesInWords(ids: readonly string[] | null, names: ReadonlyMap<string, string>): string {
  return ids === null ? "All rules" : ids.map((id) => names.get(id) ?? id).join(", ");
}
