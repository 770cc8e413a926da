import { expect, test } from "vitest";
import { Problem } from "./problem";

const problem = new Problem(422, "Some fields cannot be taken.", [
  { field: "name", message: "is empty; give it a value" },
  { field: "late.lookback_days", message: "must be 1 or more" },
  { field: "late", message: "A sentence of its own." },
]);

test("what is wrong with a field is said in sentences, also of what lies inside of it", () => {
  expect(problem.of("name")).toBe("Is empty; give it a value.");
  expect(problem.of("late")).toBe("Must be 1 or more. A sentence of its own.");
  expect(problem.of("lat")).toBeUndefined();
});

test("a name of the API's that begins a sentence stays as it is written", () => {
  const said = "last_day is before first_day; give the first day";
  expect(new Problem(422, "No.", [{ field: "schedule", message: said }]).of("schedule")).toBe(`${said}.`);
});
