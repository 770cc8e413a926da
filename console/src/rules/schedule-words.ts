import type { Schedule } from "./wizard/draft";

/** When a rule runs, in the words of whoever made it. */

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const MONTHS_OF_QUARTER = ["first", "second", "third"];

/** `Daily at 06:00, Europe/Berlin`. */
export function frequencyWords(schedule: Schedule): string {
  switch (schedule.frequency) {
    case "hourly":
      return "Hourly, as soon as the hour is over";
    case "daily":
      return `Daily at ${at(schedule)}`;
    case "weekly":
      return `Weekly on ${listed(schedule.weekdays.map(capital))} at ${at(schedule)}`;
    case "monthly":
      return `Monthly on the ${ordinal(schedule.day)} at ${at(schedule)}`;
    case "quarterly": {
      const month = MONTHS_OF_QUARTER[schedule.month - 1] ?? "first";
      return `Quarterly on the ${ordinal(schedule.day)} of the ${month} month at ${at(schedule)}`;
    }
    case "yearly":
      return `Yearly on ${schedule.day} ${MONTHS[schedule.month - 1]} at ${at(schedule)}`;
    case "cron":
      return `By the expression ${schedule.expression}, ${schedule.zone}`;
    case "once":
      return schedule.first_day === schedule.last_day
        ? `Once: ${schedule.first_day}, ${schedule.zone}`
        : `Once: ${schedule.first_day} to ${schedule.last_day}, ${schedule.zone}`;
    case "manual":
      return "By hand";
    case "event":
      return "When an upstream event names one of its datasets";
    case "arrival":
      return "As objects arrive";
  }
}

function at(schedule: { at: string; zone: string }): string {
  return `${schedule.at.slice(0, 5)}, ${schedule.zone}`;
}

export function ordinal(day: number): string {
  const ending = day % 100 >= 11 && day % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][day % 10] ?? "th");
  return `${day}${ending}`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `Monday, Tuesday and Friday`. */
export function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} and ${last}`;
}

/** Whether the schedule goes on by itself, so that it needs a permission of its own. */
export function recurs(schedule: Schedule): boolean {
  return !["once", "manual", "event", "arrival"].includes(schedule.frequency);
}

export { MONTHS };
