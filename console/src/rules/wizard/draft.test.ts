import { describe, expect, test } from "vitest";
import type { Dataset } from "../../api/description";
import { type Draft, draftOf, newChoice, newDraft, requestOf, templateOf, withFrequency, withPreset } from "./draft";
import { hasControl, STEPS, stepOf, wrongIn } from "./steps";

const fields = [{ name: "status", type: "string" as const, description: "s", title: "", category: "", default: true }];
const DATASETS = [{ name: "tickets", fields } as unknown as Dataset];
const ready: Draft = { ...newDraft("UTC"), name: "Tickets", data: [newChoice("tickets")], destinations: ["dst_1"] };

describe("a draft of settings that are there", () => {
  test("keeps what no control shows, and sends it back as it was", () => {
    const settings = {
      ...ready,
      something: { of: "later" },
      layout: { folder: "{rule}/{run}", rename: "{name}" },
      journal: null,
    };
    expect(requestOf(draftOf(settings, "UTC"))).toEqual(settings);
  });

  test("fills in what a template leaves out", () => {
    const draft = draftOf(
      { data: [{ dataset: "tickets" }], media: { decrypt: true }, layout: { preset: "data_ops" } },
      "UTC",
    );
    expect(draft.data).toEqual([newChoice("tickets")]);
    expect(draft.media).toEqual({ ...newDraft("UTC").media, decrypt: true });
    expect(draft.layout).toEqual({ preset: "data_ops" });
  });

  test("an empty password is none", () => {
    const archive = { method: "zip_aes256" as const, password: "" };
    expect(requestOf({ ...ready, archive }).archive).toEqual({ method: "zip_aes256" });
    expect(requestOf({ ...ready, archive: { ...archive, password: "a long password" } }).archive.password).toBe(
      "a long password",
    );
  });
});

test("a template keeps neither the rule's name nor a password", () => {
  const archive = { method: "zip_aes256" as const, password: "a long password" };
  const kept = templateOf({ ...ready, archive });
  expect(kept).toMatchObject({ archive: { method: "zip_aes256" }, destinations: ["dst_1"] });
  expect(JSON.stringify(kept)).not.toMatch(/password|"name":"Tickets"/);
});

describe("what can be said without the API", () => {
  const said = (step: number, draft: Draft, keeps = false) =>
    wrongIn(step, draft, DATASETS, keeps).map((one) => one.field);

  test("nothing of a draft that is ready", () => {
    for (const step of STEPS.keys()) expect(said(step, ready)).toEqual([]);
  });

  test.each<[number, Partial<Draft>, string]>([
    [0, { name: " " }, "name"],
    [0, { data: [] }, "data"],
    [0, { data: [{ ...newChoice("tickets"), filter: "status = " }] }, "data.0.filter"],
    [1, { schedule: { frequency: "weekly", zone: "UTC", at: "06:00", weekdays: [] } }, "schedule.weekdays"],
    [1, { schedule: { frequency: "daily", zone: "UTC", at: "6" } }, "schedule.at"],
    [1, { schedule: { frequency: "cron", zone: "UTC", expression: " " } }, "schedule.expression"],
    [1, { schedule: { frequency: "once", zone: "UTC", first_day: "2026-01-01", last_day: "" } }, "schedule.last_day"],
    [2, { archive: { method: "zip_crypto" } }, "archive.password"],
    [2, { archive: { method: "zip_aes256", password: "short" } }, "archive.password"],
    [3, { destinations: [] }, "destinations"],
  ])("step %i, %j", (step, part, field) => {
    expect(said(step, { ...ready, ...part })).toEqual([field]);
    expect(stepOf(field)).toBe(step);
  });

  test("whom it mails is set where it is said where it goes", () => {
    expect([stepOf("notify.addresses.0"), hasControl("notify.addresses.0")]).toEqual([3, true]);
  });

  test("an archive keeps the password that it has", () => {
    expect(said(2, { ...ready, archive: { method: "zip_aes256" } }, true)).toEqual([]);
  });

  test("a setting that nobody knows yet belongs to the shape", () => expect(stepOf("notifications[0].to")).toBe(2));
});

test("another frequency keeps what it has in common", () => {
  const daily = { frequency: "daily", zone: "Europe/Berlin", at: "02:30", ends_at: "2027-01-01T00:00:00Z" } as const;
  expect(withFrequency(daily, "monthly")).toEqual({ ...daily, frequency: "monthly", day: 1 });
  expect(withFrequency(daily, "arrival")).toEqual({ frequency: "arrival", zone: "Europe/Berlin" });
  expect(withFrequency(daily, "daily")).toBe(daily);
});

test("the preset of device events says how rows are written; another one leaves that alone", () => {
  expect(withPreset(ready, "device_events")).toMatchObject({
    format: "csv",
    csv: "base64",
    order: "time",
    duplicates: "drop",
  });
  expect(withPreset({ ...ready, layout: { folder: "x" } }, "data_ops")).toEqual({
    ...ready,
    layout: { preset: "data_ops" },
  });
});
