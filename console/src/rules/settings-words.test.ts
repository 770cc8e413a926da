import { expect, test } from "vitest";
import { choiceWords, told } from "./settings-words";
import { type Draft, newChoice, newDraft } from "./wizard/draft";

const draft: Draft = {
  ...newDraft("Europe/Berlin"),
  name: "Tickets",
  data: [newChoice("chat_tickets")],
  destinations: ["dst_1", "dst_2"],
};
const nameOf = (id: string) => ({ dst_1: "Warehouse" })[id] ?? id;
const all = (settings: Draft) =>
  Object.fromEntries(told(settings, nameOf).flatMap((part) => part.items.map(({ label, value }) => [label, value])));

test("each part is named after its step, and destinations by their names", () => {
  expect(told(draft, nameOf).map((one) => one.title)).toEqual(["Data", "Frequency", "Shape", "Destination"]);
  expect(all(draft)).toMatchObject({
    chat_tickets: "Every row; the usual fields; records",
    Runs: "Daily at 06:00, Europe/Berlin",
    "Rows that come late": "Deliver them as an amendment, for 35 days",
    Format: "JSON",
    "Destination 1": "Warehouse",
    "Destination 2": "dst_2",
    Pause: "After 10 failures in a row",
  });
});

test("what is set beyond the usual is told", () => {
  const said = all({
    ...draft,
    schedule: { frequency: "daily", zone: "Europe/Berlin", at: "06:00", ends_at: "2026-03-29T01:00:00Z" },
    format: "csv",
    csv: "spreadsheet",
    archive: { method: "zip_aes256", volume_bytes: 50_000_000 },
    journal: null,
    file_limit: { rows: 1000 },
    media: { ...draft.media, decrypt: true, voice_format: "mp3" },
    pause_after_failures: null,
    notify: { addresses: ["ops@acme.example"], subject: "", message: "", on: ["partial", "failure"] },
  });
  expect(said).toMatchObject({
    Ends: "2026-03-29 03:00, Europe/Berlin",
    Format: "CSV, for spreadsheets",
    Archive: "ZIP, AES-256, volumes of 50.0 MB",
    "A file holds at most": "1,000 rows",
    Media: "decrypt, voice as MP3",
    Pause: "Never",
    Mails: "To ops@acme.example, after partial and failure",
  });
});

test("a dataset's choice: filter, people, fields, media", () => {
  const choice = {
    ...newChoice("recordings"),
    filter: { op: "isNull", args: [] },
    assigned: { users: ["anna"], extensions: [], groups: ["sales"] },
    fields: ["user", "start_time"],
    scope: "both" as const,
    extensions: ["wav"],
    source: "archived" as const,
  };
  expect(choiceWords(choice)).toBe(
    'Rows where {"op":"isNull","args":[]}; of anna and sales; fields user and start_time; records and media; media that end in wav; archived only',
  );
});
