import DatePicker from "@cloudscape-design/components/date-picker";
import FormField from "@cloudscape-design/components/form-field";
import type { ReactNode } from "react";

interface Props {
  readonly label: string;
  readonly description?: ReactNode;
  /** `2026-03-29`, empty for none. */
  readonly value: string;
  readonly error?: string | undefined;
  onChange(day: string): void;
}

/** A day, typed or picked. */
export function DayField({ label, description, value, error, onChange }: Props) {
  return (
    <FormField
      label={label}
      description={description}
      constraintText="Year-month-day, such as 2026-03-29"
      errorText={error}
    >
      <DatePicker
        value={value}
        placeholder="YYYY-MM-DD"
        format="iso"
        inputFormat="iso"
        expandToViewport
        openCalendarAriaLabel={(day) =>
          day ? `Choose a day for ${label}; ${day} is chosen` : `Choose a day for ${label}`
        }
        i18nStrings={{
          todayAriaLabel: "Today",
          nextMonthAriaLabel: "Next month",
          previousMonthAriaLabel: "Month before",
        }}
        onChange={({ detail }) => onChange(detail.value)}
      />
    </FormField>
  );
}
