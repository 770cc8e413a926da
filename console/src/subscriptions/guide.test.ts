import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EVENTS, OUTCOMES } from "./events";
import { DEFAULT_MESSAGE, DEFAULT_SUBJECT, PLACEHOLDERS } from "./placeholders";
import { VERIFICATION } from "./verification";

const guide = readFileSync(new URL("../../../docs/notifications.md", import.meta.url), "utf8");
const { schemas } = JSON.parse(readFileSync(new URL("../../openapi.json", import.meta.url), "utf8")).components;

test("the lines that verify are the guide's, which are tested with the API", () => {
  expect(VERIFICATION).toBe(guide.split("```python\n")[1]?.split("```")[0]);
});

test("every placeholder of the guide is offered, and no other", () => {
  const rows = guide.split("\n").filter((line) => line.startsWith("| `{"));
  const listed = rows.flatMap((row) => [...(row.split(" | ")[0] ?? "").matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  expect(PLACEHOLDERS.map(({ name }) => name).sort()).toEqual(listed.sort());
});

test("the words that are shown first are those that the API takes where nothing is said", () => {
  for (const form of [schemas.MailTarget, schemas.Notify]) {
    expect(form.properties.subject.default).toBe(DEFAULT_SUBJECT);
    expect(form.properties.message.default).toBe(DEFAULT_MESSAGE);
  }
});

test("every event and outcome of the API can be chosen", () => {
  expect(EVENTS.map(({ id }) => id).sort()).toEqual([...schemas.EventKind.enum].sort());
  expect(OUTCOMES.map(({ id }) => id).sort()).toEqual([...schemas.NotifyOn.enum].sort());
});
