import type { EventKind, MailTarget, SubscriptionRequest, SubscriptionView } from "../api/description";
import type { FieldError } from "../api/problem";
import { DEFAULT_MESSAGE, DEFAULT_SUBJECT } from "./placeholders";
import type { Target } from "./target";

export type MailWords = Omit<MailTarget, "kind">;

/** A subscription while somebody fills in its form: what was typed for the other kind is kept. */
export interface Draft {
  readonly name: string;
  readonly kind: Target["kind"];
  readonly events: readonly EventKind[];
  /** Whether only `rules` are meant, not all of them. */
  readonly narrowed: boolean;
  readonly rules: readonly string[];
  readonly url: string;
  readonly mail: MailWords;
}

/** At first, what somebody must look after. */
export const EMPTY: Draft = {
  name: "",
  kind: "mail",
  events: ["run.partial", "run.failure", "rule.paused", "destination.expires", "hole.found"],
  narrowed: false,
  rules: [],
  url: "",
  mail: { addresses: [""], subject: DEFAULT_SUBJECT, message: DEFAULT_MESSAGE },
};

export function draftOf({ name, events, rules, target }: SubscriptionRequest | SubscriptionView): Draft {
  const draft = { ...EMPTY, name, kind: target.kind, events, narrowed: rules != null, rules: rules ?? [] };
  if (target.kind === "webhook") return { ...draft, url: target.url };
  const { kind: _, ...mail } = target;
  return { ...draft, mail };
}

export function requestOf(draft: Draft): SubscriptionRequest {
  return {
    name: draft.name.trim(),
    events: [...draft.events],
    rules: draft.narrowed ? [...draft.rules] : null,
    target: draft.kind === "webhook" ? { kind: "webhook", url: draft.url.trim() } : { kind: "mail", ...draft.mail },
  };
}

/** What is missing, by the API's names of the fields: said before the API is asked, all of it at once. */
export function incomplete(draft: Draft): readonly FieldError[] {
  const { addresses, subject, message } = draft.mail;
  const isMail = draft.kind === "mail";
  const found: [boolean, string, string][] = [
    [!draft.name.trim(), "name", "is missing; give it a name"],
    [draft.events.length === 0, "events", "choose at least one"],
    [draft.narrowed && draft.rules.length === 0, "rules", "choose at least one, or all rules"],
    [!isMail && !draft.url.trim(), "target.url", "is missing; give the address that events are sent to"],
    [isMail && addresses.length === 0, "target.addresses", "add at least one address"],
    ...addresses.map((address, index): [boolean, string, string] => [
      isMail && !address,
      `target.addresses.${index}`,
      "is missing; write an address, or remove the row",
    ]),
    [isMail && !subject, "target.subject", "is missing; write one"],
    [isMail && !message, "target.message", "is missing; write one"],
  ];
  return found.filter(([wrong]) => wrong).map(([, field, said]) => ({ field, message: said }));
}
