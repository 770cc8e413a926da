import type {
  ArchiveMethod,
  CatchUp,
  CdrOnly,
  Compression,
  CsvProfile,
  EmptyWindow,
  Files,
  LateRows,
  LogKept,
  OnExceptions,
  Overlap,
  Per,
  Preset,
  RowFormat,
  Scope,
  SourceTier,
  Times,
  VideoFormat,
  VoiceFormat,
  Weekday,
} from "../api/description";
import type { Option } from "../parts/pick-one";
import type { Frequency } from "./wizard/draft";

/** The values of a rule's settings in words: where they are chosen, and where they are told. */

export const FREQUENCIES: readonly Option<Frequency>[] = [
  { value: "hourly", label: "Hourly", description: "Each hour, as soon as it is over" },
  { value: "daily", label: "Daily", description: "Each day, at a time of the next one" },
  { value: "weekly", label: "Weekly", description: "Monday to Sunday, on chosen days of the week" },
  { value: "monthly", label: "Monthly", description: "Each month, on a day of the next one" },
  { value: "quarterly", label: "Quarterly", description: "Each quarter, on a day of the next one" },
  { value: "yearly", label: "Yearly", description: "Each year, on a day of the next one" },
  { value: "once", label: "One time", description: "The days between two dates, once" },
  { value: "cron", label: "Custom (cron)", description: "From one time of an expression to the next" },
  { value: "arrival", label: "As objects arrive", description: "Each object as soon as it is in the lake" },
  { value: "event", label: "On an upstream event", description: "When another system says so" },
  { value: "manual", label: "By hand", description: "Only when somebody runs it" },
];

export const WEEKDAYS: readonly Option<Weekday>[] = [
  { value: "monday", label: "Monday" },
  { value: "tuesday", label: "Tuesday" },
  { value: "wednesday", label: "Wednesday" },
  { value: "thursday", label: "Thursday" },
  { value: "friday", label: "Friday" },
  { value: "saturday", label: "Saturday" },
  { value: "sunday", label: "Sunday" },
];

export const FORMATS: readonly Option<RowFormat>[] = [
  { value: "json", label: "JSON", description: "One array of objects" },
  { value: "ndjson", label: "NDJSON", description: "One object a line" },
  { value: "csv", label: "CSV", description: "A table as text" },
  { value: "xml", label: "XML", description: "One element a row" },
  { value: "parquet", label: "Parquet", description: "Columns, for analytics" },
];

export const CSV_PROFILES: readonly Option<CsvProfile>[] = [
  { value: "lossless", label: "Lossless", description: "Every value as it is" },
  { value: "spreadsheet", label: "For spreadsheets", description: "Byte order mark; formulas are made harmless" },
  { value: "base64", label: "Text in base64", description: "As device-event receivers expect it" },
];

export const COMPRESSIONS: readonly Option<Compression>[] = [
  { value: "none", label: "None" },
  { value: "gzip", label: "gzip", description: "Every tool opens it" },
  { value: "zstd", label: "Zstandard", description: "Smaller and faster" },
];

export const TIMES: readonly Option<Times>[] = [
  { value: "utc", label: "In UTC" },
  { value: "zone", label: "In the rule's zone", description: "With its offset" },
];

export const ARCHIVES: readonly Option<ArchiveMethod>[] = [
  { value: "none", label: "No archive", description: "Files are delivered one by one" },
  { value: "zip", label: "ZIP", description: "One archive, without a password" },
  { value: "zip_aes256", label: "ZIP, AES-256", description: "Encrypted: 7-Zip, WinZip and others open it" },
  { value: "zip_crypto", label: "ZIP, ZipCrypto", description: "Weak: only for tools that open nothing else" },
];

export const PRESETS: readonly Option<Preset | "own">[] = [
  { value: "own", label: "A folder a run", description: "Or names of your own" },
  { value: "data_ops", label: "Data ops", description: "A folder a dataset, a file a period" },
  { value: "recordings", label: "Recordings", description: "A folder a day, with its media" },
  { value: "device_events", label: "Device events", description: "A folder an event type and time, CSV in base64" },
];

export const FILES: readonly Option<Files>[] = [
  { value: "run", label: "One a run" },
  { value: "period", label: "One a period", description: "As the dataset says: a day, two weeks, a month" },
  { value: "object", label: "One a lake object", description: "For rules that run as objects arrive" },
];

export const SCOPES: readonly Option<Scope>[] = [
  { value: "records", label: "Records", description: "The rows alone" },
  { value: "media", label: "Media", description: "The files that rows name" },
  { value: "both", label: "Records and media" },
];

export const SOURCES: readonly Option<SourceTier>[] = [
  { value: "both", label: "Online and archived" },
  { value: "online", label: "Online only" },
  { value: "archived", label: "Archived only" },
];

export const CDR_ONLY: readonly Option<CdrOnly>[] = [
  { value: "keep", label: "Deliver them" },
  { value: "ignore_without_media", label: "Leave out those without related media" },
  { value: "ignore", label: "Leave them out" },
];

export const LATE: readonly Option<LateRows>[] = [
  { value: "amend", label: "Deliver them as an amendment", description: "A run of their window with only these rows" },
  { value: "next", label: "Deliver them with the next run" },
  { value: "ignore", label: "Leave them out", description: "They are counted" },
];

export const CATCH_UP: readonly Option<CatchUp>[] = [
  { value: "all", label: "Run each of them" },
  { value: "latest", label: "Run only the latest" },
  { value: "merge", label: "One run over all of them" },
];

export const OVERLAPS: readonly Option<Overlap>[] = [
  { value: "queue", label: "The next one waits" },
  { value: "skip", label: "The next one is left out", description: "It is listed, and can be retried" },
];

export const EMPTY_WINDOWS: readonly Option<EmptyWindow>[] = [
  { value: "manifest_only", label: "The manifest alone", description: "So that nobody wonders whether it ran" },
  { value: "empty_file", label: "An empty file with its manifest" },
  { value: "nothing", label: "Nothing", description: "Destinations are tested all the same" },
];

export const EXCEPTIONS: readonly Option<OnExceptions>[] = [
  { value: "note", label: "Deliver the rest, and say so" },
  { value: "fail", label: "Fail before anything is delivered" },
];

export const LOGS: readonly Option<LogKept>[] = [
  { value: "full", label: "Full", description: "Steps, notes and progress" },
  { value: "minimal", label: "Minimal", description: "Receipts, failures and outcomes" },
];

export const VOICES: readonly Option<VoiceFormat>[] = [
  { value: "keep", label: "As it is" },
  { value: "wav", label: "WAV" },
  { value: "mp3", label: "MP3" },
  { value: "opus", label: "Opus" },
  { value: "flac", label: "FLAC" },
  { value: "m4a", label: "M4A (AAC)" },
];

export const VIDEOS: readonly Option<VideoFormat>[] = [
  { value: "keep", label: "As it is" },
  { value: "mp4", label: "MP4" },
  { value: "webm", label: "WebM" },
];

export const PER: readonly Option<Per>[] = [
  { value: "channel", label: "Each conversation once" },
  { value: "user", label: "Once for each who took part" },
];

export function labelOf<T extends string>(options: readonly Option<T>[], value: T): string {
  return options.find((one) => one.value === value)?.label ?? value;
}
