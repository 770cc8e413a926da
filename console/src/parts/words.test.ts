import { describe, expect, test } from "vitest";
import { away, bytes, count, instant, many, span, words } from "./words";

describe("figures", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [12_345, "12.3 kB"],
    [999_999_999, "1000 MB"],
    [5_368_709_120, "5.37 GB"],
    [null, "–"],
  ])("%s bytes", (number, said) => expect(bytes(number)).toBe(said));

  test("a count has its separators, and what is not known a dash", () => {
    expect([count(1234567), count(null), many(1, "row"), many(2000, "row")]).toEqual([
      "1,234,567",
      "–",
      "1 row",
      "2,000 rows",
    ]);
  });
});

describe("time", () => {
  test("an instant is shown in the rule's zone, on both sides of a clock change", () => {
    expect(instant("2026-03-29T00:30:00Z", "Europe/Berlin")).toBe("2026-03-29 01:30");
    expect(instant("2026-03-29T01:30:00Z", "Europe/Berlin")).toBe("2026-03-29 03:30");
    expect(instant("2026-01-01T00:00:00Z")).toBe("2026-01-01 00:00");
  });

  test("a window of whole days names its days, any other its hours", () => {
    expect(span("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "Europe/Berlin")).toBe("2026-03-29");
    expect(span("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")).toBe("2026-01-01 to 2026-01-31");
    expect(span("2026-01-01T06:00:00Z", "2026-01-01T07:00:00Z")).toBe("2026-01-01 06:00 to 07:00");
    expect(span("2026-01-01T23:00:00Z", "2026-01-02T00:30:00Z")).toBe("2026-01-01 23:00 to 2026-01-02 00:30");
  });

  test("what is near is said in the unit that fits", () => {
    const now = Date.parse("2026-01-01T00:00:00Z");
    expect(away("2026-01-01T03:00:00Z", now)).toBe("in 3 hours");
    expect(away("2025-12-30T00:00:00Z", now)).toBe("2 days ago");
    expect(away("2026-01-01T00:00:20Z", now)).toBe("in 20 seconds");
    expect(away("2026-01-01T00:05:00Z", now)).toBe("in 5 minutes");
  });
});

test("names of the API are read as words", () => expect(words("not_reached")).toBe("Not reached"));
