import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { StepView } from "../api/description";

const TITLES: Readonly<Record<string, string>> = {
  resolve: "Find the server's address",
  connect: "Connect",
  tls: "Secure the line (TLS)",
  host_key: "Know the server by its host key",
  assume_role: "Assume the role",
  external_id: "Be refused without the external ID",
  authenticate: "Log in",
  recipients: "Be taken for every recipient",
  write: "Write a small file",
  read_back: "Read it back",
  rename: "Rename it",
  delete: "Delete it",
};
const SIGNS: Readonly<Record<StepView["result"], StatusIndicatorProps.Type>> = {
  ok: "success",
  failed: "error",
  not_reached: "stopped",
};

export const titleOf = (step: StepView): string => TITLES[step.step] ?? step.step;
export const signOf = (step: StepView): StatusIndicatorProps.Type => SIGNS[step.result];
export const saidOf = (step: StepView): string =>
  ({ ok: "Went well", failed: "Failed", not_reached: "Not reached" })[step.result];

/** `12 ms`, `1.4 s`. */
export function lasted(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

export interface HostKeyQuestion {
  readonly shown: string;
  /** The key that was confirmed before; the server shows another one now. */
  readonly confirmed: string | undefined;
}

/** The host key that waits for somebody to confirm it. */
export function hostKeyQuestion(steps: readonly StepView[]): HostKeyQuestion | undefined {
  const step = steps.find((one) => one.step === "host_key" && one.result === "failed");
  const shown = step?.facts.fingerprint;
  return shown ? { shown, confirmed: step.facts.confirmed || undefined } : undefined;
}

export interface RoleQuestion {
  readonly account: string;
  readonly externalId: string;
}

/** What a role's trust policy must say, where the role does not let Waybill in, or lets anybody in. */
export function roleQuestion(steps: readonly StepView[]): RoleQuestion | undefined {
  const step = steps.find((one) => ["assume_role", "external_id"].includes(one.step) && one.result === "failed");
  const { account, external_id: externalId } = step?.facts ?? {};
  return account && externalId ? { account, externalId } : undefined;
}

export function trustPolicy({ account, externalId }: RoleQuestion): string {
  const statement = {
    Effect: "Allow",
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: "sts:AssumeRole",
    Condition: { StringEquals: { "sts:ExternalId": externalId } },
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] }, null, 2);
}

/** Whether somebody may insist although the test failed: never where a role lets anybody in. */
export function mayInsist(steps: readonly StepView[]): boolean {
  const failed = steps.find((one) => one.result === "failed");
  return failed !== undefined && failed.step !== "external_id";
}
