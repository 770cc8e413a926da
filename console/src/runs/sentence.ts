import type { FileView, RunDetail, RunView } from "../api/description";
import { bytes, count, instant, many, span } from "../parts/words";

/** What a run is about, as one reads it in lists: its window in the rule's zone. */
export function windowWords(run: Pick<RunView, "window_start" | "window_end">, zone: string): string {
  return span(run.window_start, run.window_end, zone);
}

export function isGoingOn(run: Pick<RunView, "state">): boolean {
  return run.state === "scheduled" || run.state === "ongoing";
}

/** How long it took, or takes since it began: `1 minute 5 seconds`. */
export function lasted(run: Pick<RunView, "started_at" | "finished_at">, now: number = Date.now()): string {
  if (!run.started_at) return "–";
  const end = run.finished_at ? Date.parse(run.finished_at) : now;
  const seconds = Math.max(0, Math.round((end - Date.parse(run.started_at)) / 1000));
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  if (minutes >= 60) return `${many(Math.floor(minutes / 60), "hour")} ${many(minutes % 60, "minute")}`;
  return minutes > 0 ? `${many(minutes, "minute")} ${many(rest, "second")}` : many(rest, "second");
}

/** What happened, in one sentence. */
export function happened(run: RunView): string {
  if (run.carried_by) return `Its late rows are delivered by the run ${run.carried_by}.`;
  const said = run.message ? ` ${run.message}` : "";
  switch (run.state) {
    case "scheduled":
      return `It starts within a minute or two; it is due since ${instant(run.scheduled_for)} UTC.`;
    case "ongoing":
      return "It is under way: files are packaged, then delivered, the manifest last.";
    case "success":
      if (!run.files) return run.message || "There was nothing to deliver.";
      return `Everything arrived: ${many(run.rows ?? 0, "row")} in ${many(run.files, "file")}, ${bytes(run.bytes)}, each with a receipt from every destination.${rejected(run)}`;
    case "partial":
      return `Not every destination has everything.${said} A retry sends only what is missing.`;
    case "failure":
      return `It failed.${said}`;
    case "cancelled":
      return `It was cancelled.${said || " What arrived before stays there; its manifest never follows."}`;
    default:
      return run.message;
  }
}

/** What was left out, as the run's own message says it of media. */
function rejected({ rejects, message }: RunView): string {
  const rows = rejects ? ` ${many(rejects, "row")} could not be read; see the rejects among its files.` : "";
  const media = /\d+ media files? could not be packaged[^.]*\.(?: See[^.]*\.)?/.exec(message)?.[0] ?? "";
  return media ? `${rows} ${media}` : rows;
}

/** Whether a retry may help; the API has the last word. */
export function isRetriable(run: RunView): boolean {
  return run.state === "failure" || run.state === "partial" || (run.state === "cancelled" && !run.carried_by);
}

export interface Bar {
  readonly label: string;
  /** 0 to 100. */
  readonly value: number;
  readonly said: string;
}

/** How far packaging is. */
export function packaging({ progress }: RunDetail): Bar {
  const parts = progress.parts ?? 0;
  return {
    label: "Packaged",
    value: parts > 0 ? (100 * progress.parts_done) / parts : 0,
    said:
      progress.parts === null
        ? "It is not planned yet."
        : `${count(progress.parts_done)} of ${many(parts, "part")}, ${many(progress.rows, "row")}, ${bytes(progress.packaged_bytes)}`,
  };
}

/** How many of the files have a receipt from a destination. */
export function delivering(destination: string, files: readonly FileView[]): Bar {
  const there = files.filter((one) => one.receipts.some((receipt) => receipt.destination_id === destination));
  const size = there.reduce((sum, one) => sum + one.size, 0);
  return {
    label: destination,
    value: files.length > 0 ? (100 * there.length) / files.length : 0,
    said:
      files.length > 0
        ? `${count(there.length)} of ${many(files.length, "file")}, ${bytes(size)}`
        : "No file is ready yet.",
  };
}

/** The folder at the receiver's that holds a run's manifest, below the destination's root; empty for the root itself. */
export function folderOf(manifest: string): string {
  return manifest.includes("/") ? manifest.slice(0, manifest.lastIndexOf("/")) : "";
}

/** As a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
