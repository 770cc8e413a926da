import { expect, test } from "vitest";
import { frequencyWords, ordinal } from "./schedule-words";
import type { Schedule } from "./wizard/draft";

const zone = "Europe/Berlin";

test.each<[Schedule, string]>([
  [{ frequency: "daily", zone, at: "06:00:00" }, "Daily at 06:00, Europe/Berlin"],
  [
    { frequency: "weekly", zone, at: "02:30", weekdays: ["monday", "tuesday", "friday"] },
    "Weekly on Monday, Tuesday and Friday at 02:30, Europe/Berlin",
  ],
  [{ frequency: "monthly", zone, at: "00:00", day: 22 }, "Monthly on the 22nd at 00:00, Europe/Berlin"],
  [
    { frequency: "quarterly", zone, at: "00:00", day: 1, month: 2 },
    "Quarterly on the 1st of the second month at 00:00, Europe/Berlin",
  ],
  [{ frequency: "yearly", zone, at: "00:00", day: 3, month: 12 }, "Yearly on 3 December at 00:00, Europe/Berlin"],
  [{ frequency: "once", zone, first_day: "2026-01-01", last_day: "2026-01-01" }, "Once: 2026-01-01, Europe/Berlin"],
  [{ frequency: "manual", zone }, "By hand"],
])("%j", (schedule, said) => expect(frequencyWords(schedule)).toBe(said));

test("ordinals", () =>
  expect([1, 2, 3, 4, 11, 12, 13, 21, 31].map(ordinal).join(" ")).toBe("1st 2nd 3rd 4th 11th 12th 13th 21st 31st"));
