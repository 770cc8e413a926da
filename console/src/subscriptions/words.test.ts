import { describe, expect, test } from "vitest";
import { typedAt } from "./addresses";
import { nextLook, resultOf } from "./attempt-words";
import { EVENTS, eventsInWords } from "./events";
import { inWords } from "./in-words";
import { inserted } from "./placeholders";
import { rulesInWords, targetInWords } from "./target";

describe("addresses", () => {
  test("one that is typed stays in its row, without blanks", () => {
    expect(typedAt(["a@x.org", "", "c@x.org"], 1, " b@x.org ")).toEqual(["a@x.org", "b@x.org", "c@x.org"]);
    expect(typedAt(["a@x.org"], 0, "")).toEqual([""]);
  });
  test("several that are pasted get a row each", () => {
    expect(typedAt(["", "d@x.org"], 0, "a@x.org, b@x.org;c@x.org\n")).toEqual([
      "a@x.org",
      "b@x.org",
      "c@x.org",
      "d@x.org",
    ]);
  });
});

test("a placeholder takes the place of what is marked, and the cursor stands behind it", () => {
  expect(inserted("Hi you!", 3, 6, "rule")).toEqual({ text: "Hi {rule}!", cursor: 9 });
  expect(inserted("", 0, 0, "rows")).toEqual({ text: "{rows}", cursor: 6 });
});

test("what is told, of which rules, and where", () => {
  expect(eventsInWords(["run.failure", "hole.found"])).toBe("A run failed, A hole was found");
  expect(eventsInWords(EVENTS.map(({ id }) => id))).toBe("Everything");
  expect(rulesInWords(null, new Map())).toBe("All rules");
  expect(rulesInWords(["rul_1", "rul_2"], new Map([["rul_1", "Tickets"]]))).toBe("Tickets, rul_2");
  const mail = { kind: "mail", subject: "", message: "" } as const;
  expect(targetInWords({ ...mail, addresses: ["a@x.org"] })).toBe("a@x.org");
  expect(targetInWords({ ...mail, addresses: ["a@x.org", "b@x.org", "c@x.org"] })).toBe("a@x.org and 2 others");
  expect(targetInWords({ kind: "webhook", url: "https://x.org/" })).toBe("https://x.org/");
});

test.each([
  ["delivered", "run.success", "success", "Delivered"],
  ["retried", "run.success", "pending", "Failed, tried again"],
  ["given_up", "run.success", "error", "Given up"],
  ["given_up", "test", "error", "Failed"],
] as const)("%s of %s", (result, event, type, word) => expect(resultOf({ result, event })).toEqual({ type, word }));

describe("attempts are looked at anew while one is under way", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const failed = (notice_id: string, next_at: string) => ({ notice_id, result: "retried", next_at }) as const;
  const arrived = (notice_id: string) => ({ notice_id, result: "delivered", next_at: null }) as const;

  test("at the soonest one that is due, neither all the time nor too late", () => {
    expect(nextLook([failed("a", "2026-01-01T00:00:05Z")], now)).toBe(5_000);
    expect(nextLook([failed("a", "2026-01-01T02:00:00Z")], now)).toBe(60_000);
    expect(nextLook([failed("a", "2026-01-01T00:00:00Z")], now)).toBe(2_000);
    expect(nextLook([failed("a", "2026-01-01T00:00:30Z"), failed("b", "2026-01-01T00:00:07Z")], now)).toBe(7_000);
  });
  test("not of a notice that arrived since, and not of one that nobody sends any more", () => {
    expect(nextLook([], now)).toBe(false);
    expect(nextLook([arrived("a"), failed("a", "2026-01-01T00:00:05Z")], now)).toBe(false);
    expect(nextLook([failed("a", "2025-12-31T23:00:00Z")], now)).toBe(false);
  });
});

test.each([
  ["is missing", "Is missing."],
  ["Ask them, or subscribe a webhook with POST /subscriptions.", "Ask them, or make a webhook."],
  ["It is gone. Make a new one: POST /subscriptions/sub_1/secret.", "It is gone. Make a new one: choose Renew secret."],
  ["there is no rule 'rul_x'; see GET /rules", "There is no rule 'rul_x'. It may be deleted; leave it out."],
])("%s", (api, said) => expect(inWords(api)).toBe(said));
