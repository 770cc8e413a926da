import type { DataChoice, Dataset, Layout, RuleRequest, RuleSettings } from "../../api/description";
import type { FieldError } from "../../api/problem";
import { conditionsOf, wrongWith } from "../../filter/conditions";

export type Schedule = RuleSettings["schedule"];
export type Frequency = Schedule["frequency"];

type Known =
  | "name"
  | "description"
  | "data"
  | "schedule"
  | "format"
  | "csv"
  | "compression"
  | "times"
  | "order"
  | "duplicates"
  | "file_limit"
  | "schema_file"
  | "late"
  | "media"
  | "archive"
  | "detail_records"
  | "destinations"
  | "empty_window"
  | "catch_up"
  | "overlap"
  | "start_jitter_minutes"
  | "pause_after_failures"
  | "max_rejects"
  | "on_exceptions"
  | "log";

/**
 * A rule's settings while they are put together. It carries every setting that the rule came with, also those that no control
 * shows: they are sent back as they were. Of a layout only what is said is sent, since a preset fills in the rest.
 */
export type Draft = Pick<RuleRequest, Known> &
  Omit<Partial<RuleRequest>, Known | "layout"> & { readonly layout: Partial<Layout> };

/** What the API takes where nothing is said, and the zone of whoever writes the rule. */
export function newDraft(zone: string): Draft {
  return {
    name: "",
    description: "",
    data: [],
    schedule: { frequency: "daily", zone, at: "06:00" },
    format: "json",
    csv: "lossless",
    compression: "none",
    times: "utc",
    order: "arrival",
    duplicates: "keep",
    file_limit: {},
    schema_file: true,
    late: { policy: "amend", lookback_days: 35 },
    layout: {},
    media: {
      decrypt: false,
      verify_signatures: false,
      stitch: false,
      original_xml: false,
      voice_format: "keep",
      video_format: "keep",
      screen_format: "keep",
    },
    archive: { method: "none" },
    detail_records: { formats: [], fields: [] },
    destinations: [],
    empty_window: "manifest_only",
    catch_up: "all",
    overlap: "queue",
    start_jitter_minutes: 0,
    pause_after_failures: 10,
    max_rejects: 1000,
    on_exceptions: "note",
    log: "full",
  };
}

export function newChoice(dataset: string): DataChoice {
  return {
    dataset,
    fields: [],
    scope: "records",
    extensions: [],
    source: "both",
    cdr_only: "keep",
    attachments: true,
  };
}

/** A draft of settings that are there: a rule's, all of them, or a template's, as many as it has. */
export function draftOf(settings: object, zone: string): Draft {
  const usual = newDraft(zone);
  const given = settings as Partial<Draft>;
  return {
    ...usual,
    ...given,
    data: (given.data ?? []).map((one) => ({ ...newChoice(one.dataset), ...one })),
    archive: { ...usual.archive, ...given.archive },
    detail_records: { ...usual.detail_records, ...given.detail_records },
    late: { ...usual.late, ...given.late },
    media: { ...usual.media, ...given.media },
  };
}

/** What is sent. An empty password is none: an archive that has one keeps it. */
export function requestOf(draft: Draft): RuleRequest {
  const { password, ...archive } = draft.archive;
  return { ...draft, archive: password ? { ...archive, password } : archive } as RuleRequest;
}

/** What a preview is asked for: no password is needed to look. */
export function previewOf(draft: Draft): RuleRequest {
  return requestOf({ ...draft, archive: { ...draft.archive, password: null } });
}

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

export function encrypts(draft: Pick<Draft, "archive">): boolean {
  return draft.archive.method === "zip_aes256" || draft.archive.method === "zip_crypto";
}

export function wantsMedia(draft: Pick<Draft, "data">): boolean {
  return draft.data.some((choice) => choice.scope !== "records");
}

/** Another frequency, with what it has in common with the one before. */
export function withFrequency(before: Schedule, frequency: Frequency): Schedule {
  if (before.frequency === frequency) return before;
  const { zone } = before;
  const bounds = {
    ...("starts_at" in before && before.starts_at ? { starts_at: before.starts_at } : {}),
    ...("ends_at" in before && before.ends_at ? { ends_at: before.ends_at } : {}),
  };
  const at = "at" in before ? before.at : "06:00";
  switch (frequency) {
    case "hourly":
      return { frequency, zone, ...bounds };
    case "daily":
      return { frequency, zone, at, ...bounds };
    case "weekly":
      return { frequency, zone, at, weekdays: ["monday"], ...bounds };
    case "monthly":
      return { frequency, zone, at, day: 1, ...bounds };
    case "quarterly":
    case "yearly":
      return { frequency, zone, at, day: 1, month: 1, ...bounds };
    case "cron":
      return { frequency, zone, expression: "30 6 * * mon-fri", ...bounds };
    case "once":
      return { frequency, zone, first_day: "", last_day: "" };
    case "manual":
    case "event":
      return { frequency, zone, ...("starts_at" in bounds ? { starts_at: bounds.starts_at } : {}) };
    case "arrival":
      return { frequency, zone };
  }
}

type Preset = NonNullable<Layout["preset"]>;

/** A layout by preset; `device_events` also says how rows are written, so that part of the draft follows it. */
export function withPreset(draft: Draft, preset: Preset | null): Draft {
  const layout: Partial<Layout> = preset ? { preset } : {};
  if (preset !== "device_events") return { ...draft, layout };
  return { ...draft, layout, format: "csv", csv: "base64", order: "time", duplicates: "drop" };
}

const CONTROLS =
  /^(name|description|data(\.\d+\.(dataset|filter|fields|scope|extensions|source|cdr_only|assigned)\b.*)?|schedule\.(frequency|zone|at|weekdays|day|month|expression|first_day|last_day|starts_at|ends_at)\b.*|late\.\w+|catch_up|overlap|start_jitter_minutes|format|csv|compression|times|order|duplicates|file_limit\b.*|layout\b.*|media\.\w+|journal\b.*|archive\.\w+|detail_records\.(formats|fields)\b.*|destinations\b.*|empty_window|max_rejects|on_exceptions|pause_after_failures|log)$/;

/** Whether a control of the wizard shows what is said of this setting. */
export function hasControl(field: string): boolean {
  return CONTROLS.test(field);
}
