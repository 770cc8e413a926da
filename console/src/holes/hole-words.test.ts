import { describe, expect, test } from "vitest";
import type { HoleView } from "../api/description";
import { holeWords } from "./hole-words";

const hole: HoleView = {
  rule_id: "rul_1",
  kind: "failed",
  window_start: "2026-01-01T00:00:00Z",
  window_end: "2026-01-02T00:00:00Z",
  run_ids: ["rul_1.20260101T000000Z.1"],
  message: "2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z ended in failure, and nothing followed.",
  first_seen: "2026-01-02T01:00:00Z",
  last_seen: "2026-01-02T01:00:00Z",
};

describe("a hole in plain words", () => {
  test.each([
    ["missing", "/rules/rul_1?tab=past"],
    ["overlap", "/rules/rul_1?tab=log"],
    ["strange", "/rules/rul_1?tab=gaps"],
    ["unclaimed", "/rules/rul_1?tab=log"],
    ["stalled", "/runs/rul_1.20260101T000000Z.1"],
    ["failed", "/runs/rul_1.20260101T000000Z.1"],
  ])("%s: why, what to do, and where", (kind, place) => {
    const { why, todo, at } = holeWords({ ...hole, kind });
    expect(at[0]).toBe(place);
    for (const sentence of [why, todo]) expect(sentence).toMatch(/^[A-Z].*\.$/);
    expect(why).not.toContain(hole.message);
  });

  test("of a kind that came later, the API's words are shown", () =>
    expect(holeWords({ ...hole, kind: "half_done" })).toMatchObject({ title: "Half done", why: hole.message }));
});
