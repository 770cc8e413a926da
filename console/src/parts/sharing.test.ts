import { expect, test } from "vitest";
import { names, shared, sharingOf, typedOf } from "./sharing";

test("what is typed is what is shared, and back", () => {
  const some = { everybody: false, users: ["anna", "Meier, Ben"], groups: ["north"] };
  expect(sharingOf(typedOf(some))).toEqual(some);
  expect(sharingOf(typedOf(null))).toEqual({ everybody: true, users: [], groups: [] });
  expect(typedOf({ everybody: false, users: [], groups: [] }).who).toBe("nobody");
});

test("names that were typed before another choice was made are not sent", () =>
  expect(sharingOf({ who: "everybody", users: "anna", groups: "" }).users).toEqual([]));

test("each name counts once", () => expect(names("anna\n\n anna \nben")).toEqual(["anna", "ben"]));

test("in words", () => {
  expect(shared({ everybody: false, users: ["anna", "ben"], groups: ["north"] }, "Nobody")).toBe(
    "anna, ben, and the group north",
  );
  expect(shared({ everybody: false, users: [], groups: ["north"] }, "Nobody")).toBe("The group north");
  expect(shared({ everybody: false, users: [], groups: [] }, "Only its maker")).toBe("Only its maker");
});
