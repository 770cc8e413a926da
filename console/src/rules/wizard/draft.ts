import type { DataChoice, Layout, RuleRequest, RuleSettings } from "../../api/description";

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

/** What a template keeps of it: neither the name of this one rule, nor a password, which a template never holds. */
export function templateOf(draft: Draft): Readonly<Record<string, unknown>> {
  const { name: _, ...settings } = draft;
  const { password: __, ...archive } = draft.archive;
  return { ...settings, archive };
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
