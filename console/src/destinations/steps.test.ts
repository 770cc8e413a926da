import { describe, expect, test } from "vitest";
import type { StepView } from "../api/description";
import { hostKeyQuestion, lasted, mayInsist, roleQuestion, titleOf, trustPolicy } from "./steps";

const step = (name: string, result: StepView["result"] = "failed", facts: Record<string, string> = {}): StepView => ({
  step: name,
  result,
  ok: result === "ok",
  milliseconds: 1,
  message: "",
  advice: "",
  facts,
});

test("a step that nobody foresaw keeps its own name", () =>
  expect([titleOf(step("tls")), titleOf(step("new"))]).toEqual(["Secure the line (TLS)", "new"]));

test("short and long times", () => expect([lasted(12), lasted(1400)]).toEqual(["12 ms", "1.4 s"]));

describe("what waits for somebody", () => {
  test("a new host key, and one that takes the place of another", () => {
    expect(hostKeyQuestion([step("host_key", "failed", { fingerprint: "SHA256:new" })])).toEqual({
      shown: "SHA256:new",
      confirmed: undefined,
    });
    const changed = { fingerprint: "SHA256:new", confirmed: "SHA256:old" };
    expect(hostKeyQuestion([step("host_key", "failed", changed)])?.confirmed).toBe("SHA256:old");
    expect(hostKeyQuestion([step("host_key", "ok", changed)])).toBeUndefined();
  });

  test("a role, with a policy that asks for our id", () => {
    const asked = roleQuestion([step("assume_role", "failed", { account: "123456789012", external_id: "waybill-1" })]);
    expect(asked).toEqual({ account: "123456789012", externalId: "waybill-1" });
    const policy = JSON.parse(trustPolicy({ account: "123456789012", externalId: "waybill-1" }));
    expect(policy.Statement[0].Condition).toEqual({ StringEquals: { "sts:ExternalId": "waybill-1" } });
    expect(roleQuestion([step("write")])).toBeUndefined();
  });

  test("nobody insists on a role that anybody may assume, nor on what went well", () => {
    expect([mayInsist([step("write")]), mayInsist([step("external_id")]), mayInsist([step("write", "ok")])]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
