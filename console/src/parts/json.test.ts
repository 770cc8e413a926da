import { expect, test } from "vitest";
import { Problem } from "../api/problem";
import { objectOf, saidOf } from "./json";

test("an object is read, and all else is told", () => {
  expect(objectOf('{"a": 1}')).toEqual({ value: { a: 1 } });
  expect(objectOf("[1]")).toEqual({ wrong: expect.stringContaining("Write an object") });
  expect(objectOf("{a: 1}")).toEqual({ wrong: expect.stringContaining("no JSON") });
});

test("what is wrong with the whole needs no path", () =>
  expect(saidOf(new Problem(422, "No.", [{ field: "body", message: "the key is no field" }]), "")).toEqual([
    "the key is no field",
  ]));

test("each error has its path, but for those that other fields show", () => {
  const errors = [
    { field: "settings.data.0.colour", message: "is not a known field" },
    { field: "name", message: "is missing" },
    { field: "shared.users.0", message: "is empty" },
  ];
  expect(saidOf(new Problem(422, "No.", errors), "settings.", ["name", "shared"])).toEqual([
    "data.0.colour is not a known field",
  ]);
  expect(saidOf(null, "settings.")).toEqual([]);
});
