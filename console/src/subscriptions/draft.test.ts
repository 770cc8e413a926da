import { describe, expect, test } from "vitest";
import type { SubscriptionRequest } from "../api/description";
import { type Draft, draftOf, EMPTY, incomplete, requestOf } from "./draft";

const WEBHOOK: SubscriptionRequest = {
  name: "On call",
  events: ["run.failure"],
  rules: ["rul_1"],
  target: { kind: "webhook", url: "https://hooks.example.com" },
};
const MAIL: SubscriptionRequest = {
  name: "Ops",
  events: ["hole.found"],
  rules: null,
  target: { kind: "mail", addresses: ["a@x.org"], subject: "{rule}", message: "{link}" },
};

test.each([WEBHOOK, MAIL])("what is saved comes back unchanged from its form", (saved) => {
  expect(requestOf(draftOf(saved))).toEqual(saved);
});

test("of the two kinds only the chosen one is sent, and rules only where they are meant", () => {
  const both: Draft = { ...draftOf(WEBHOOK), mail: EMPTY.mail, narrowed: false };
  expect(requestOf(both)).toEqual({ ...WEBHOOK, rules: null });
  expect(requestOf({ ...both, kind: "mail" }).target).toEqual({ kind: "mail", ...EMPTY.mail });
});

describe("what is missing is said all at once", () => {
  const fields = (draft: Draft) => incomplete(draft).map(({ field }) => field);
  test("nothing of what is complete", () => {
    expect(fields(draftOf(WEBHOOK))).toEqual([]);
    expect(fields(draftOf(MAIL))).toEqual([]);
  });
  test("of a mail", () => {
    const mail = { addresses: ["a@x.org", ""], subject: "", message: "" };
    const draft: Draft = { ...EMPTY, events: [], narrowed: true, mail };
    expect(fields(draft)).toEqual([
      "name",
      "events",
      "rules",
      "target.addresses.1",
      "target.subject",
      "target.message",
    ]);
    expect(fields({ ...EMPTY, name: "a", mail: { ...EMPTY.mail, addresses: [] } })).toEqual(["target.addresses"]);
  });
  test("of a webhook", () => {
    expect(fields({ ...EMPTY, name: " ", kind: "webhook", url: " " })).toEqual(["name", "target.url"]);
  });
});
