import { describe, expect, test } from "vitest";
import type { FileView, RunDetail, RunView } from "../api/description";
import { delivering, folderOf, happened, isRetriable, lasted, packaging, quoted } from "./sentence";

const run: RunView = {
  run_id: "rul_1.20260101T000000Z.1",
  rule_id: "rul_1",
  rule_name: "Tickets",
  state: "success",
  trigger: "schedule",
  window_start: "2026-01-01T00:00:00Z",
  window_end: "2026-01-02T00:00:00Z",
  generation: 1,
  attempt: 1,
  amends: false,
  carried_by: "",
  backfill: "",
  log_kept: "full",
  scheduled_for: "2026-01-02T00:05:00Z",
  started_at: "2026-01-02T00:05:10Z",
  finished_at: "2026-01-02T00:06:15Z",
  rows: 3,
  bytes: 1200,
  files: 2,
  rejects: 0,
  message: "",
};
const file = (name: string, ...to: string[]): FileView => ({
  name,
  kind: "data",
  size: 500,
  sha256: "0",
  rows: 1,
  receipts: to.map((destination_id) => ({
    destination_id,
    size: 500,
    checksum: "",
    version: "",
    compared: "",
    time: "",
  })),
});

describe("what happened", () => {
  test.each<[Partial<RunView>, RegExp]>([
    [{}, /Everything arrived: 3 rows in 2 files, 1\.20 kB/],
    [{ rejects: 2 }, /2 rows could not be read/],
    [
      { message: "Delivered. 3 media files could not be packaged as asked; see the manifest's exceptions." },
      /destination\. 3 media files could not be packaged as asked; see the manifest's exceptions\.$/,
    ],
    [
      { message: "Delivered. 1 media file could not be packaged as asked; see the manifest's exceptions." },
      /destination\. 1 media file could not be packaged as asked; see the manifest's exceptions\.$/,
    ],
    [{ files: 0, message: "No rows." }, /^No rows\.$/],
    [{ state: "failure", message: "The password was not taken." }, /failed\. The password was not taken\./],
    [{ state: "partial" }, /retry sends only what is missing/],
    [{ state: "cancelled" }, /manifest never follows/],
    [{ state: "cancelled", message: "Nothing was delivered." }, /^It was cancelled\. Nothing was delivered\.$/],
    [{ state: "ongoing" }, /under way/],
    [{ state: "scheduled" }, /due since 2026-01-02 00:05 UTC/],
    [{ carried_by: "rul_1.20260102T000000Z.1" }, /delivered by the run rul_1\.20260102/],
  ])("%j", (part, said) => expect(happened({ ...run, ...part })).toMatch(said));

  test("only what did not succeed can be retried", () => {
    expect(
      ["success", "failure", "partial", "cancelled", "ongoing"].map((state) => isRetriable({ ...run, state })),
    ).toEqual([false, true, true, true, false]);
  });

  test("how long it took", () => {
    expect(lasted(run)).toBe("1 minute 5 seconds");
    expect(lasted({ started_at: null, finished_at: null })).toBe("–");
    expect(lasted({ ...run, finished_at: null }, Date.parse("2026-01-02T02:05:10Z"))).toBe("2 hours 0 minutes");
  });
});

test("how far it is: parts packaged, and files by destination", () => {
  const progress = { parts_done: 1, parts: 4, rows: 10, packaged_bytes: 1000, files_delivered: 3, delivered_bytes: 1 };
  const detail: RunDetail = { ...run, progress, log: [] };
  expect(packaging(detail)).toEqual({ label: "Packaged", value: 25, said: "1 of 4 parts, 10 rows, 1.00 kB" });
  expect(packaging({ ...detail, progress: { ...progress, parts: null } }).value).toBe(0);
  const files = [file("a", "dst_1", "dst_2"), file("b", "dst_1")];
  expect(delivering("dst_1", files).value).toBe(100);
  expect(delivering("dst_2", files)).toEqual({ label: "dst_2", value: 50, said: "1 of 2 files, 500 B" });
  expect(delivering("dst_1", []).value).toBe(0);
});

test("where a manifest lies, as a shell takes it", () => {
  expect(folderOf("Tickets/rul_1/waybill.json")).toBe("Tickets/rul_1");
  expect(folderOf("waybill.json")).toBe("");
  expect(quoted("Tickets/rul_1")).toBe("Tickets/rul_1");
  expect(quoted("It's a rule/x")).toBe("'It'\\''s a rule/x'");
});
