import { expect, test } from "vitest";
import { daysOf, isRangeOfDays } from "./days";

const absolute = (startDate: string, endDate: string) => ({ type: "absolute", startDate, endDate }) as const;

test("the last days end today", () => {
  const now = Date.parse("2026-03-01T23:00:00Z");
  expect(daysOf({ type: "relative", amount: 2, unit: "day" }, now)).toEqual({ from: "2026-02-28", to: "2026-03-01" });
  expect(daysOf(absolute("2026-01-01", "2026-01-02"), now)).toEqual({ from: "2026-01-01", to: "2026-01-02" });
});

test.each([
  [null, false],
  [absolute("2026-01-01", "2026-04-03"), true],
  [absolute("2026-01-01", "2026-04-04"), false],
  [absolute("2026-01-02", "2026-01-01"), false],
  [{ type: "relative", amount: 93, unit: "day" } as const, true],
  [{ type: "relative", amount: 4, unit: "month" } as const, false],
])("%j may be asked for: %s", (range, valid) => expect(isRangeOfDays(range).valid).toBe(valid));
