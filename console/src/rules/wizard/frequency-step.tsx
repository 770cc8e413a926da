import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { asProblem } from "../../api/problem";
import { EnterNumber } from "../../parts/enter-text";
import { PickOne } from "../../parts/pick-one";
import { NextRuns } from "../next-runs";
import { CATCH_UP, FREQUENCIES, LATE, OVERLAPS } from "../options";
import { withFrequency } from "./draft";
import type { Drafting } from "./drafting";
import { More } from "./more";
import { ScheduleForm } from "./schedule-form";
import { useDraftCalendar } from "./use-draft-calendar";

/** When it leaves; what follows from it is shown as it is typed. */
export function FrequencyStep({ draft, change, wrong }: Drafting) {
  const { schedule, late } = draft;
  const names = draft.data.map((one) => one.dataset);
  const { calendar, failure, loading, isOld } = useDraftCalendar(schedule, names);
  const said = failure ? asProblem(failure) : null;
  const of = (path: string) => wrong(path) ?? said?.of(path);
  const clockless = schedule.frequency === "arrival";
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Frequency</Header>}>
        <SpaceBetween size="l">
          <PickOne
            label="Export frequency"
            value={schedule.frequency}
            options={FREQUENCIES}
            error={wrong("schedule.frequency")}
            onChange={(frequency) => change({ schedule: withFrequency(schedule, frequency) })}
          />
          <ScheduleForm schedule={schedule} wrong={of} onChange={(now) => change({ schedule: now })} />
        </SpaceBetween>
      </Container>
      <NextRuns
        calendar={calendar}
        isOld={isOld}
        failure={said && said.errors.length === 0 ? said : null}
        loading={loading}
        frequency={schedule.frequency}
        heading="h2"
      />
      {!clockless && (
        <More
          title="Late rows, outages and overlaps"
          description="What happens when rows come late, or windows come due together."
          wrong={["late", "catch_up", "overlap", "start_jitter_minutes"].some((one) => wrong(one) !== undefined)}
        >
          <PickOne
            label="Rows that come after their window was exported"
            value={late.policy}
            options={LATE}
            error={wrong("late.policy")}
            onChange={(policy) => change({ late: { ...late, policy } })}
          />
          {late.policy !== "ignore" && (
            <EnterNumber
              label="Look for late rows for so many days"
              constraint="1 to 400"
              value={late.lookback_days}
              error={wrong("late.lookback_days")}
              onChange={(days) => change({ late: { ...late, lookback_days: days ?? 0 } })}
            />
          )}
          <PickOne
            label="Windows that come due together after an outage"
            value={draft.catch_up}
            options={CATCH_UP}
            error={wrong("catch_up")}
            onChange={(catch_up) => change({ catch_up })}
          />
          <PickOne
            label="A window that comes due while the rule's run before it goes on"
            value={draft.overlap}
            options={OVERLAPS}
            error={wrong("overlap")}
            onChange={(overlap) => change({ overlap })}
          />
          <EnterNumber
            label="Start up to so many minutes later"
            description="Many rules at one time then do not meet at your server. Windows do not move."
            constraint="0 to 360"
            value={draft.start_jitter_minutes}
            error={wrong("start_jitter_minutes")}
            onChange={(minutes) => change({ start_jitter_minutes: minutes ?? 0 })}
          />
        </More>
      )}
    </SpaceBetween>
  );
}
