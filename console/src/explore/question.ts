import type { DateRangePickerProps } from "@cloudscape-design/components/date-range-picker";
import type { SearchRequest, SourceTier, Span } from "../api/description";

/** What somebody looks for. */
export interface Question {
  readonly dataset: string;
  readonly range: DateRangePickerProps.Value | null;
  /** CQL2 text; empty for every row. */
  readonly filter: string;
  /** Empty: the dataset's usual fields. */
  readonly fields: readonly string[];
  readonly source: SourceTier;
}

export const LAST_WEEK: DateRangePickerProps.Value = { key: "week", type: "relative", amount: 7, unit: "day" };

/** One that is asked: its span is fixed, so that each page is of the same rows. */
export interface Asked extends Omit<Question, "range"> {
  readonly span: Span;
}

const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 };

/** The span in UTC. The picker's last second belongs to it; a relative one ends at the next whole second. */
export function spanOf(range: DateRangePickerProps.Value, now: number): Span {
  if (range.type === "absolute") return between(Date.parse(range.startDate), Date.parse(range.endDate) + 1000);
  const end = Math.ceil(now / 1000) * 1000;
  return between(back(end, range), end);
}

function back(end: number, { amount, unit }: DateRangePickerProps.RelativeValue): number {
  const seconds = SECONDS[unit];
  if (seconds) return end - amount * seconds * 1000;
  const start = new Date(end);
  const months = unit === "year" ? amount * 12 : amount;
  const day = start.getUTCDate();
  start.setUTCDate(1);
  start.setUTCMonth(start.getUTCMonth() - months);
  const last = new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 0)).getUTCDate();
  start.setUTCDate(Math.min(day, last));
  return start.getTime();
}

const between = (start: number, end: number): Span => ({ start: second(start), end: second(end) });
const second = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;

export function isRange(range: DateRangePickerProps.Value | null): DateRangePickerProps.ValidationResult {
  if (range === null) return { valid: false, errorMessage: "Choose from when to when." };
  if (range.type === "relative")
    return range.amount > 0 ? { valid: true } : { valid: false, errorMessage: "Choose how long it lasts." };
  const [start, end] = [Date.parse(range.startDate), Date.parse(range.endDate)];
  if (Number.isNaN(start) || Number.isNaN(end)) return { valid: false, errorMessage: "Choose both days." };
  return end >= start ? { valid: true } : { valid: false, errorMessage: "The end is before the start." };
}

export function requestOf({ span, filter, fields, source }: Asked): Omit<SearchRequest, "cursor" | "limit"> {
  return { span, fields: [...fields], source, ...(filter.trim() ? { filter } : {}) };
}

/** Where the wizard makes a rule of it. */
export function ruleAddress({ dataset, filter, fields, source }: Asked): string {
  const asked = new URLSearchParams({ dataset });
  if (filter.trim()) asked.set("filter", filter);
  if (fields.length > 0) asked.set("fields", fields.join(","));
  if (source !== "both") asked.set("source", source);
  return `/rules/new?${asked}`;
}
