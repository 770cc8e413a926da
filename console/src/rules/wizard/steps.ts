import type { Dataset } from "../../api/description";
import type { FieldError } from "../../api/problem";
import { conditionsOf, wrongWith } from "../../filter/conditions";
import { type Draft, encrypts, type Schedule } from "./draft";

/** The wizard's steps: which settings are whose, and what can be said of each before the API is asked. */

export const STEPS = ["Data", "Frequency", "Shape", "Destination", "Review"] as const;
const STEP_OF: Readonly<Record<string, number>> = {
  name: 0,
  description: 0,
  data: 0,
  schedule: 1,
  late: 1,
  catch_up: 1,
  overlap: 1,
  start_jitter_minutes: 1,
  destinations: 3,
  notify: 3,
};

/** The step that has the control of a setting, by its path, such as `data.0.filter`. */
export function stepOf(field: string): number {
  return STEP_OF[field.split(/[.[]/, 1)[0] ?? ""] ?? 2;
}

/** What can be said of a step without the API. */
export function wrongIn(
  step: number,
  draft: Draft,
  datasets: readonly Dataset[],
  keepsPassword: boolean,
): FieldError[] {
  const wrong: FieldError[] = [];
  const say = (field: string, message: string) => wrong.push({ field, message });
  if (step === 0) {
    if (!draft.name.trim()) say("name", "Enter a name, by which you find the rule and its files.");
    if (draft.data.length === 0) say("data", "Choose at least one dataset.");
    draft.data.forEach((choice, n) => {
      const fields = datasets.find((one) => one.name === choice.dataset)?.fields ?? [];
      const read = typeof choice.filter === "string" ? conditionsOf(choice.filter, fields) : null;
      if (read?.items.some((one) => wrongWith(one)))
        say(`data.${n}.filter`, "A condition has no fitting value. Enter one, or remove the condition.");
    });
  }
  if (step === 1) wrong.push(...wrongSchedule(draft.schedule));
  if (step === 2 && encrypts(draft)) {
    const password = draft.archive.password ?? "";
    if (!password && !keepsPassword)
      say("archive.password", "Enter a password. Nobody can open the archive without it.");
    else if (password && password.length < 12) say("archive.password", "Use 12 characters or more.");
  }
  if (step === 3 && draft.destinations.length === 0) say("destinations", "Choose at least one destination.");
  return wrong;
}

function wrongSchedule(schedule: Schedule): FieldError[] {
  const wrong: FieldError[] = [];
  if (schedule.frequency === "once") {
    if (!schedule.first_day) wrong.push({ field: "schedule.first_day", message: "Enter the first day." });
    if (!schedule.last_day) wrong.push({ field: "schedule.last_day", message: "Enter the last day." });
  }
  if (schedule.frequency === "weekly" && schedule.weekdays.length === 0)
    wrong.push({ field: "schedule.weekdays", message: "Choose at least one day of the week." });
  if (schedule.frequency === "cron" && !schedule.expression.trim())
    wrong.push({ field: "schedule.expression", message: "Enter an expression, such as 30 6 * * mon-fri." });
  if ("at" in schedule && !/^\d{2}:\d{2}(:00)?$/.test(schedule.at))
    wrong.push({ field: "schedule.at", message: "Enter a time of day, such as 06:00." });
  return wrong;
}

const CONTROLS =
  /^(name|description|data(\.\d+\.(dataset|filter|fields|scope|extensions|source|cdr_only|assigned)\b.*)?|schedule\.(frequency|zone|at|weekdays|day|month|expression|first_day|last_day|starts_at|ends_at)\b.*|late\.\w+|catch_up|overlap|start_jitter_minutes|format|csv|compression|times|order|duplicates|file_limit\b.*|layout\b.*|notify\b.*|media\.\w+|journal\b.*|archive\.\w+|detail_records\.(formats|fields)\b.*|destinations\b.*|empty_window|max_rejects|on_exceptions|pause_after_failures|log)$/;

/** Whether a control of the wizard shows what is said of this setting. */
export function hasControl(field: string): boolean {
  return CONTROLS.test(field);
}
