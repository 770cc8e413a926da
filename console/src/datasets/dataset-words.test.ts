import { expect, test } from "vitest";
import type { DatasetDetail } from "../api/description";
import { definitionOf, peopleOf, settles, unknownColumns } from "./dataset-words";

const dataset: DatasetDetail = {
  name: "leads",
  title: "Leads",
  description: "Leads.",
  time_field: "at",
  key_field: "id",
  fields: [{ name: "id", type: "string", description: "Its id.", title: "", category: "", default: true }],
  file_period: "window",
  settle_seconds: 300,
  media: null,
  people: null,
  journal: null,
  open_field: "more",
  retention_days: null,
  own: true,
  registered_objects: 3,
  columns: { id: "string", "more.city": "string", odd: "integer" },
};

test("spans in the unit that fits", () =>
  expect([settles(0), settles(90), settles(300), settles(3600)]).toEqual([
    "0 seconds",
    "90 seconds",
    "5 minutes",
    "1 hour",
  ]));

test("whose a row is", () => {
  expect(peopleOf({ users: "agent", groups: null, extensions: "line" })).toBe("users: agent, extensions: line");
  expect(peopleOf(null)).toBe("No field says it");
});

test("columns that nobody declared are found; the customer's own are no surprise", () =>
  expect(unknownColumns(dataset)).toEqual([["odd", "integer"]]));

test("a definition has nothing that the API would refuse", () => {
  const said = definitionOf(dataset);
  expect(Object.keys(said)).not.toEqual(expect.arrayContaining(["own"]));
  expect(said).not.toHaveProperty("registered_objects");
  expect(said).not.toHaveProperty("media");
  expect(said).toMatchObject({ name: "leads", open_field: "more" });
});
