import { expect, test } from "vitest";
import { type Notice, stillShown, withNotice } from "./shown-notices";

const notice = (id: string, place: string): Notice => ({ id, type: "success", content: "It is done.", place });

test("what was said for the page that one is led to is shown there, and goes with the next page", () => {
  const made = withNotice([], notice("made", "/destinations/dst_1"));
  expect(stillShown(made, "/destinations/dst_1")).toEqual(made);
  expect(stillShown(made, "/destinations")).toEqual([]);
});

test("what was said of a page that is left goes, and what leads on stays", () => {
  const shown = [notice("gone", "/runs"), notice("old", "/rules/rul_1"), notice("new", "/runs")].reduce(
    withNotice,
    [] as readonly Notice[],
  );
  expect(stillShown(shown, "/runs").map(({ id }) => id)).toEqual(["new", "gone"]);
});

test("the oldest give way", () => {
  const all = ["1", "2", "3", "4", "5", "6"].map((id) => notice(id, "/rules"));
  expect(all.reduce(withNotice, [] as readonly Notice[]).map(({ id }) => id)).toEqual(["6", "5", "4", "3", "2"]);
});

test("nothing is drawn anew where nothing goes", () => {
  const shown = [notice("1", "/rules")];
  expect(stillShown(shown, "/rules")).toBe(shown);
});
