import { expect, test } from "vitest";
import { PERMISSIONS } from "../session/permissions";
import { EMPTY, offered, requestOf } from "./new-key";

test("an administrator's key has no user, though one was typed before", () => {
  const typed = { ...EMPTY, name: "n", user: "anna", groups: "north" };
  expect(requestOf(typed)).not.toHaveProperty("user");
  expect(requestOf(typed).groups).toEqual([]);
  expect(requestOf({ ...typed, level: "user" })).toMatchObject({ user: "anna", groups: ["north"] });
});

test("a user's key has no permission over the tenant, though one was chosen before", () =>
  expect(requestOf({ ...EMPTY, level: "user", permissions: ["read", "audit"] }).permissions).toEqual(["read"]));

test("only what one has oneself is offered", () => {
  const may = (permission: string) => ["read", "audit"].includes(permission);
  const of = (level: "user" | "administrator") =>
    PERMISSIONS.filter((one) => offered(one, level, may)).map((one) => one.id);
  expect(of("administrator")).toEqual(["read", "audit"]);
  expect(of("user")).toEqual(["read"]);
});
