import DateRangePicker, { type DateRangePickerProps } from "@cloudscape-design/components/date-range-picker";
import FormField from "@cloudscape-design/components/form-field";
import { RANGE_WORDS } from "../parts/range-words";
import { isRange } from "./question";

const SUGGESTED: readonly DateRangePickerProps.RelativeOption[] = [
  { key: "day", amount: 24, unit: "hour", type: "relative" },
  { key: "week", amount: 7, unit: "day", type: "relative" },
  { key: "month", amount: 30, unit: "day", type: "relative" },
  { key: "quarter", amount: 3, unit: "month", type: "relative" },
  { key: "year", amount: 1, unit: "year", type: "relative" },
];

interface Props {
  readonly value: DateRangePickerProps.Value | null;
  readonly error: string | undefined;
  onChange(value: DateRangePickerProps.Value | null): void;
}

/** From when to when, in UTC: lately, or between two instants. */
export function SpanField({ value, error, onChange }: Props) {
  return (
    <FormField label="Span (UTC)" description="By the dataset's time." errorText={error}>
      <DateRangePicker
        value={value}
        relativeOptions={SUGGESTED}
        isValidRange={isRange}
        onChange={({ detail }) => onChange(detail.value)}
        timeOffset={0}
        hideTimeOffset
        absoluteFormat="iso"
        dateInputFormat="iso"
        placeholder="Choose a span"
        expandToViewport
        i18nStrings={RANGE_WORDS}
      />
    </FormField>
  );
}
