import { expect, test } from "vitest";
import { placeOf } from "./place";

test.each([
  ["s3", { bucket: "b", prefix: "" }, "s3://b"],
  ["s3", { bucket: "b", prefix: "in/it" }, "s3://b/in/it"],
  ["azure_blob", { container: "c", prefix: "p" }, "c/p"],
  ["sftp", { host: "h", username: "u", path: "." }, "u@h"],
  ["sftp", { host: "h", username: "u", path: "in" }, "u@h:in"],
  ["smtp", { recipients: ["a@x.org", "b@x.org", "c@x.org"] }, "a@x.org and 2 more"],
  ["smtp", { recipients: ["a@x.org"] }, "a@x.org"],
  ["hosted", { retention_months: 3 }, "Kept for 3 months"],
  ["hosted", { retention_months: 1 }, "Kept for 1 month"],
])("%s %j", (kind, settings, said) => expect(placeOf({ kind, settings })).toBe(said));
