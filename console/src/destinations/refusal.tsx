import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Problem } from "../api/problem";
import { HostKeyQuestion } from "./host-key-question";
import type { Kind } from "./kinds/setting";
import type { Wrong } from "./kinds/wrong";
import { ProbeSteps } from "./probe-steps";
import { RoleTrust } from "./role-trust";
import { hostKeyQuestion, mayInsist, roleQuestion } from "./steps";

interface Props {
  readonly problem: Problem;
  readonly kind: Kind;
  readonly wrong: Wrong;
  readonly busy: boolean;
  send(more: { force?: boolean; host_key?: string }): void;
}

/** Why settings were not saved: the steps of the test that failed, or what is wrong with no field in particular. */
export function Refusal({ problem, kind, wrong, busy, send }: Props) {
  const key = hostKeyQuestion(problem.probe);
  const role = roleQuestion(problem.probe);
  if (problem.probe.length === 0)
    return (
      <Alert type="error" header="It is not saved">
        {wrong.fields.size > 0 && "Correct the fields that are marked. "}
        {wrong.rest.join(" ")}
        {wrong.fields.size === 0 && wrong.rest.length === 0 && problem.message}
      </Alert>
    );
  return (
    <Alert
      type="error"
      header="The connection test failed: nothing is saved"
      action={
        !key &&
        mayInsist(problem.probe) && (
          <Button formAction="none" onClick={() => send({ force: true })} loading={busy}>
            Save all the same
          </Button>
        )
      }
    >
      <SpaceBetween size="m">
        {key && <HostKeyQuestion question={key} busy={busy} confirm={() => send({ host_key: key.shown })} />}
        {role && <RoleTrust question={role} />}
        <ProbeSteps kind={kind.id} steps={problem.probe} />
      </SpaceBetween>
    </Alert>
  );
}
