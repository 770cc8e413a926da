import { describe, expect, test } from "vitest";
import { isRange, requestOf, ruleAddress, spanOf } from "./question";

const now = Date.parse("2026-03-31T12:00:00.400Z");
const asked = {
  dataset: "chat_tickets",
  span: { start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" },
  filter: "status = 'a & b'",
  fields: ["a", "b"],
  source: "both" as const,
};

describe("the span", () => {
  test("of days holds their last second", () =>
    expect(
      spanOf({ type: "absolute", startDate: "2026-01-01T00:00:00+00:00", endDate: "2026-01-02T23:59:59+00:00" }, now),
    ).toEqual({ start: "2026-01-01T00:00:00Z", end: "2026-01-03T00:00:00Z" }));

  test.each([
    [1, "hour", "2026-03-31T11:00:01Z"],
    [7, "day", "2026-03-24T12:00:01Z"],
    [1, "month", "2026-02-28T12:00:01Z"],
    [1, "year", "2025-03-31T12:00:01Z"],
  ] as const)("of the last %s %s", (amount, unit, start) =>
    expect(spanOf({ type: "relative", amount, unit }, now)).toEqual({ start, end: "2026-03-31T12:00:01Z" }),
  );
});

test("no range, half of one and one that goes back are refused", () => {
  const absolute = (startDate: string, endDate: string) => isRange({ type: "absolute", startDate, endDate }).valid;
  expect(isRange(null).valid).toBe(false);
  expect(absolute("", "2026-01-01")).toBe(false);
  expect(absolute("2026-01-02", "2026-01-01")).toBe(false);
  expect(absolute("2026-01-01", "2026-01-01")).toBe(true);
});

test("a request has no empty filter", () => {
  expect(requestOf({ ...asked, filter: "  " })).not.toHaveProperty("filter");
  expect(requestOf(asked).filter).toBe("status = 'a & b'");
});

test("the wizard gets what was asked", () => {
  const address = new URL(ruleAddress(asked), "http://x");
  expect(Object.fromEntries(address.searchParams)).toEqual({
    dataset: "chat_tickets",
    filter: "status = 'a & b'",
    fields: "a,b",
  });
  expect(ruleAddress({ ...asked, filter: "", fields: [], source: "archived" })).toBe(
    "/rules/new?dataset=chat_tickets&source=archived",
  );
});
