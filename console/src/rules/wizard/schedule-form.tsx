import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TimeInput from "@cloudscape-design/components/time-input";
import { useState } from "react";
import { DayField } from "../../parts/day-field";
import { EnterNumber, EnterText } from "../../parts/enter-text";
import { PickOne } from "../../parts/pick-one";
import { instant } from "../../parts/words";
import { WEEKDAYS } from "../options";
import { MONTHS } from "../schedule-words";
import { instantAt, zones } from "../zoned";
import type { Schedule } from "./draft";

interface Props {
  readonly schedule: Schedule;
  wrong(path: string): string | undefined;
  onChange(now: Schedule): void;
}

const ZONES = zones().map((zone) => ({ value: zone, label: zone.replaceAll("_", " "), filteringTags: [zone] }));
const QUARTER = ["First month", "Second month", "Third month"].map((label, n) => ({ value: String(n + 1), label }));
const YEAR = MONTHS.map((label, n) => ({ value: String(n + 1), label }));

/** The settings of one frequency. */
export function ScheduleForm({ schedule, wrong, onChange }: Props) {
  return (
    <SpaceBetween size="l">
      <ColumnLayout columns={2}>
        {schedule.frequency === "weekly" && (
          <FormField
            label="Days of the week"
            errorText={wrong("schedule.weekdays")}
            description="Several days cut the week."
          >
            <Multiselect
              options={[...WEEKDAYS]}
              selectedOptions={WEEKDAYS.filter((one) => schedule.weekdays.includes(one.value))}
              placeholder="Choose days"
              deselectAriaLabel={(one) => `Leave out ${one.label}`}
              expandToViewport
              onChange={({ detail }) => {
                const chosen = new Set(detail.selectedOptions.map((one) => one.value));
                onChange({
                  ...schedule,
                  weekdays: WEEKDAYS.flatMap((one) => (chosen.has(one.value) ? one.value : [])),
                });
              }}
            />
          </FormField>
        )}
        {(schedule.frequency === "quarterly" || schedule.frequency === "yearly") && (
          <PickOne
            label={schedule.frequency === "yearly" ? "Month" : "Month of the next quarter"}
            value={String(schedule.month)}
            options={schedule.frequency === "yearly" ? YEAR : QUARTER}
            error={wrong("schedule.month")}
            onChange={(month) => onChange({ ...schedule, month: Number(month) })}
          />
        )}
        {"day" in schedule && (
          <EnterNumber
            label="Day of the month"
            constraint="1 to 31. A day that the month lacks means its last one."
            value={schedule.day}
            error={wrong("schedule.day")}
            onChange={(day) => onChange({ ...schedule, day: day ?? 0 })}
          />
        )}
        {schedule.frequency === "cron" && (
          <EnterText
            label="Expression"
            constraint="Minute, hour, day of the month, month, day of the week: 30 6 * * mon-fri"
            value={schedule.expression}
            error={wrong("schedule.expression")}
            onChange={(expression) => onChange({ ...schedule, expression })}
          />
        )}
        {"at" in schedule && (
          <FormField
            label="Time of day"
            constraintText="Hours and minutes, such as 06:00"
            errorText={wrong("schedule.at")}
          >
            <TimeInput
              value={schedule.at.slice(0, 5)}
              format="hh:mm"
              placeholder="hh:mm"
              onChange={({ detail }) => onChange({ ...schedule, at: detail.value })}
            />
          </FormField>
        )}
        {schedule.frequency === "once" && (
          <>
            <DayField
              label="First day"
              value={schedule.first_day}
              error={wrong("schedule.first_day")}
              onChange={(first_day) => onChange({ ...schedule, first_day })}
            />
            <DayField
              label="Last day"
              description="It is exported, too."
              value={schedule.last_day}
              error={wrong("schedule.last_day")}
              onChange={(last_day) => onChange({ ...schedule, last_day })}
            />
          </>
        )}
        <FormField label="Time zone" errorText={wrong("schedule.zone")}>
          <Select
            options={ZONES}
            selectedOption={{ value: schedule.zone, label: schedule.zone.replaceAll("_", " ") }}
            filteringType="auto"
            filteringPlaceholder="Find a zone"
            filteringAriaLabel="Find a zone"
            virtualScroll
            expandToViewport
            onChange={({ detail }) => onChange({ ...schedule, zone: detail.selectedOption.value ?? "UTC" })}
          />
        </FormField>
      </ColumnLayout>
      {schedule.frequency !== "once" && schedule.frequency !== "arrival" && (
        <ColumnLayout columns={2}>
          <Bound
            which="starts_at"
            label="Start on a day"
            ask="Otherwise with the window that is going on when the rule is made."
            {...{ schedule, wrong, onChange }}
          />
          {schedule.frequency !== "manual" && schedule.frequency !== "event" && (
            <Bound
              which="ends_at"
              label="End on a day"
              ask="Otherwise it goes on."
              {...{ schedule, wrong, onChange }}
            />
          )}
        </ColumnLayout>
      )}
    </SpaceBetween>
  );
}

interface BoundProps extends Props {
  readonly which: "starts_at" | "ends_at";
  readonly label: string;
  readonly ask: string;
}

/** Where a schedule begins or ends: a local day, from its midnight on. */
function Bound({ schedule, which, label, ask, wrong, onChange }: BoundProps) {
  const given =
    which in schedule ? ((schedule as Record<string, unknown>)[which] as string | null | undefined) : undefined;
  const [asked, setAsked] = useState(given != null);
  const local = given ? instant(given, schedule.zone) : "";
  const [typed, setTyped] = useState(local.slice(0, 10));
  return (
    <SpaceBetween size="xs">
      <Checkbox
        checked={asked}
        description={ask}
        onChange={({ detail }) => {
          setAsked(detail.checked);
          if (!detail.checked) onChange({ ...schedule, [which]: null });
        }}
      >
        {label}
      </Checkbox>
      {asked && (
        <DayField
          label={which === "starts_at" ? "First day of the rule" : "The rule ends before"}
          description={local && !local.endsWith(" 00:00") ? `Now set to ${local}, ${schedule.zone}.` : undefined}
          value={typed}
          error={wrong(`schedule.${which}`) ?? (which === "ends_at" ? wrongOrder(wrong) : undefined)}
          onChange={(day) => {
            setTyped(day);
            onChange({ ...schedule, [which]: instantAt(day, "00:00", schedule.zone) ?? null });
          }}
        />
      )}
    </SpaceBetween>
  );
}

/** The API says of the schedule as a whole that its end is not after its start. */
function wrongOrder(wrong: (path: string) => string | undefined): string | undefined {
  const said = wrong("schedule");
  return said?.includes("ends_at") ? said : undefined;
}
