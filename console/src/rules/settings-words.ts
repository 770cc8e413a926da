import type { DataChoice, RuleSettings } from "../api/description";
import { bytes, count, instant, many } from "../parts/words";
import * as options from "./options";
import { frequencyWords, listed } from "./schedule-words";
import type { Draft } from "./wizard/draft";

/** A rule's settings as people read them, in the steps in which they are chosen. */
export interface Told {
  readonly title: string;
  readonly items: readonly { readonly label: string; readonly value: string }[];
}

type Settings = Draft | RuleSettings;
const { labelOf } = options;
const yes = (value: boolean) => (value ? "Yes" : "No");

export function told(settings: Settings, nameOf: (destination: string) => string): Told[] {
  return [
    { title: "Data", items: data(settings) },
    { title: "Frequency", items: frequency(settings) },
    { title: "Shape", items: shape(settings) },
    { title: "Destination", items: places(settings, nameOf) },
  ];
}

function data(settings: Settings) {
  const named = [{ label: "Name", value: settings.name || "–" }];
  if (settings.description) named.push({ label: "Description", value: settings.description });
  return [...named, ...settings.data.map((choice) => ({ label: choice.dataset, value: choiceWords(choice) }))];
}

/** `Every row; all usual fields; records`. */
export function choiceWords(choice: DataChoice): string {
  const { filter, assigned } = choice;
  const said = [filter ? `Rows where ${typeof filter === "string" ? filter : JSON.stringify(filter)}` : "Every row"];
  const people = assigned ? [...assigned.users, ...assigned.extensions, ...assigned.groups] : [];
  if (people.length > 0) said.push(`of ${people.length > 5 ? many(people.length, "name") : listed(people)}`);
  said.push(choice.fields.length > 0 ? `fields ${listed(choice.fields)}` : "the usual fields");
  said.push(labelOf(options.SCOPES, choice.scope).toLowerCase());
  if (choice.extensions.length > 0) said.push(`media that end in ${listed(choice.extensions)}`);
  if (choice.source !== "both") said.push(labelOf(options.SOURCES, choice.source).toLowerCase());
  if (choice.cdr_only !== "keep")
    said.push(`records without media: ${labelOf(options.CDR_ONLY, choice.cdr_only).toLowerCase()}`);
  if (!choice.attachments) said.push("without attachments");
  return said.join("; ");
}

function frequency(settings: Settings) {
  const { schedule, late } = settings;
  const items = [{ label: "Runs", value: frequencyWords(schedule) }];
  if ("starts_at" in schedule && schedule.starts_at)
    items.push({ label: "Starts", value: local(schedule.starts_at, schedule.zone) });
  if ("ends_at" in schedule && schedule.ends_at)
    items.push({ label: "Ends", value: local(schedule.ends_at, schedule.zone) });
  if (schedule.frequency === "arrival") return items;
  const lookback = late.policy === "ignore" ? "" : `, for ${many(late.lookback_days, "day")}`;
  items.push({ label: "Rows that come late", value: labelOf(options.LATE, late.policy) + lookback });
  items.push({ label: "Windows due together", value: labelOf(options.CATCH_UP, settings.catch_up) });
  items.push({ label: "While a run goes on", value: labelOf(options.OVERLAPS, settings.overlap) });
  if (settings.start_jitter_minutes > 0)
    items.push({ label: "Starts later by", value: `up to ${many(settings.start_jitter_minutes, "minute")}` });
  return items;
}

function local(at: string, zone: string): string {
  return `${instant(at, zone)}, ${zone}`;
}

function shape(settings: Settings) {
  const { format, csv, compression, archive, layout, media, journal, file_limit, detail_records } = settings;
  const items = journal
    ? [
        {
          label: "Format",
          value: `Mails: ${labelOf(options.PER, journal.per).toLowerCase()}, at most ${bytes(journal.most_bytes)}`,
        },
      ]
    : [
        {
          label: "Format",
          value:
            labelOf(options.FORMATS, format) +
            (format === "csv" ? `, ${labelOf(options.CSV_PROFILES, csv).toLowerCase()}` : ""),
        },
      ];
  items.push({ label: "Compression", value: labelOf(options.COMPRESSIONS, compression) });
  items.push({ label: "Times", value: labelOf(options.TIMES, settings.times) });
  const volumes = archive.volume_bytes ? `, volumes of ${bytes(archive.volume_bytes)}` : "";
  items.push({ label: "Archive", value: labelOf(options.ARCHIVES, archive.method) + volumes });
  items.push({ label: "Folders and names", value: labelOf(options.PRESETS, layout.preset ?? "own") });
  for (const part of ["folder", "file", "media", "manifest", "rename"] as const)
    if (layout[part])
      items.push({ label: `Name of ${part === "rename" ? "media, renamed" : part}`, value: layout[part] });
  items.push({
    label: "Rows",
    value: `${settings.order === "time" ? "In order of time" : "As they came"}${settings.duplicates === "drop" ? ", without duplicates" : ""}`,
  });
  const limits = [file_limit.bytes && bytes(file_limit.bytes), file_limit.rows && many(file_limit.rows, "row")].filter(
    Boolean,
  );
  if (limits.length > 0) items.push({ label: "A file holds at most", value: limits.join(", ") });
  items.push({ label: "Schema file", value: yes(settings.schema_file) });
  if (detail_records.formats.length > 0)
    items.push({ label: "Detail records", value: listed(detail_records.formats.map((one) => one.toUpperCase())) });
  const prepared = [
    media.decrypt && "decrypt",
    media.verify_signatures && "verify signatures",
    media.stitch && "stitch",
    media.original_xml && "original XML beside",
    media.voice_format !== "keep" && `voice as ${labelOf(options.VOICES, media.voice_format)}`,
    media.video_format !== "keep" && `video as ${labelOf(options.VIDEOS, media.video_format)}`,
    media.screen_format !== "keep" && `screens as ${labelOf(options.VIDEOS, media.screen_format)}`,
  ].filter((one) => one !== false);
  if (prepared.length > 0) items.push({ label: "Media", value: prepared.join(", ") });
  return [...items, ...troubles(settings)];
}

function troubles(settings: Settings) {
  const { pause_after_failures } = settings;
  return [
    { label: "A window without rows", value: labelOf(options.EMPTY_WINDOWS, settings.empty_window) },
    { label: "Rows that cannot be read", value: `Fail beyond ${count(settings.max_rejects)}` },
    { label: "Media that cannot be packaged", value: labelOf(options.EXCEPTIONS, settings.on_exceptions) },
    {
      label: "Pause",
      value: pause_after_failures == null ? "Never" : `After ${many(pause_after_failures, "failure")} in a row`,
    },
    { label: "Log", value: labelOf(options.LOGS, settings.log) },
  ];
}

function places({ destinations, notify }: Settings, nameOf: (destination: string) => string) {
  const when = notify && (notify.on.length > 0 ? listed(notify.on) : "each run");
  return [
    ...destinations.map((id, n) => ({
      label: destinations.length > 1 ? `Destination ${n + 1}` : "Destination",
      value: nameOf(id),
    })),
    ...(notify ? [{ label: "Mails", value: `To ${listed(notify.addresses)}, after ${when}` }] : []),
  ];
}
