import { expect, test } from "vitest";
import { actionOf } from "./actions";
import { addressOf } from "./address-of";

test("a request is said in words, whatever its path's names are", () =>
  expect([actionOf("POST /rules/<rule_id>/run"), actionOf("DELETE /api-keys/{key_id}"), actionOf("POST /new")]).toEqual(
    ["Run rule", "Delete API key", "POST /new"],
  ));

test("a thing leads to its page, where it has one", () =>
  expect([addressOf("rule_id", "rul_1"), addressOf("key_id", "k")]).toEqual(["/rules/rul_1", undefined]));
