import type { DateRangePickerProps } from "@cloudscape-design/components/date-range-picker";

/** How a picker of ranges says `Last day`, `Last 7 days`. */
export const RANGE_WORDS: NonNullable<DateRangePickerProps["i18nStrings"]> = {
  formatRelativeRange: ({ amount, unit }) => `Last ${amount === 1 ? unit : `${amount} ${unit}s`}`,
  formatUnit: (unit, amount) => (amount === 1 ? unit : `${unit}s`),
};
