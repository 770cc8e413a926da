import type { DateRangePickerProps } from "@cloudscape-design/components/date-range-picker";

export const MOST_DAYS = 93;
const DAY = 86_400_000;

export interface Days {
  readonly from: string;
  readonly to: string;
}

export const LAST_MONTH: DateRangePickerProps.Value = { key: "month", type: "relative", amount: 31, unit: "day" };

/** The first and the last day, in UTC; a relative range ends today. */
export function daysOf(range: DateRangePickerProps.Value, now: number): Days {
  if (range.type === "absolute") return { from: range.startDate.slice(0, 10), to: range.endDate.slice(0, 10) };
  return { from: day(now - (lasts(range) - 1) * DAY), to: day(now) };
}

const lasts = ({ amount, unit }: DateRangePickerProps.RelativeValue) =>
  amount * ({ week: 7, month: 31, year: 366 }[unit as string] ?? 1);
const day = (at: number) => new Date(at).toISOString().slice(0, 10);

export function isRangeOfDays(range: DateRangePickerProps.Value | null): DateRangePickerProps.ValidationResult {
  const wrong = (errorMessage: string) => ({ valid: false, errorMessage }) as const;
  if (!range) return wrong("Choose the days.");
  const { from, to } = daysOf(range, 0);
  if (range.type === "absolute" && !(from && to)) return wrong("Choose the first and the last day.");
  const count = range.type === "relative" ? lasts(range) : (Date.parse(to) - Date.parse(from)) / DAY + 1;
  if (count < 1) return wrong("The last day is before the first.");
  return count <= MOST_DAYS ? { valid: true } : wrong(`At most ${MOST_DAYS} days at once.`);
}
