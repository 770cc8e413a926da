import { expect, test } from "vitest";
import { cell, columnsOf } from "./cells";

test("a cell says what is there", () =>
  expect([cell(null), cell(""), cell(0), cell(false), cell({ a: [1] })]).toEqual([
    "–",
    "–",
    "0",
    "false",
    '{"a":[1]}',
  ]));

test("columns are in the dataset's order, others after them, each once", () =>
  expect(
    columnsOf(
      [
        { x: 1, b: 1 },
        { a: 1, b: 2 },
      ],
      ["a", "b", "c"],
    ),
  ).toEqual(["a", "b", "x"]));
