import { expect, test } from "vitest";
import { instantAt } from "./zoned";

test.each([
  ["2026-01-01", "00:00", "UTC", "2026-01-01T00:00:00Z"],
  ["2026-01-01", "00:00", "Europe/Berlin", "2026-01-01T00:00:00+01:00"],
  ["2026-07-01", "", "America/New_York", "2026-07-01T00:00:00-04:00"],
  ["2026-07-01", "12:30", "Asia/Kathmandu", "2026-07-01T12:30:00+05:45"],
  // The clocks skip from 02:00 to 03:00: 02:30 is moved on; in autumn 02:30 comes twice, and the first one is meant.
  ["2026-03-29", "02:30", "Europe/Berlin", "2026-03-29T03:30:00+02:00"],
  ["2026-10-25", "02:30", "Europe/Berlin", "2026-10-25T02:30:00+02:00"],
  ["2026-03-29", "03:00", "Europe/Berlin", "2026-03-29T03:00:00+02:00"],
  ["2026-03-29", "01:59", "Europe/Berlin", "2026-03-29T01:59:00+01:00"],
])("%s %s in %s", (day, time, zone, at) => expect(instantAt(day, time, zone)).toBe(at));

test("what is no day is no instant", () => expect(instantAt("2026-13-01", "00:00", "UTC")).toBeUndefined());
