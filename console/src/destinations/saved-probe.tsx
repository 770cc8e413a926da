import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import type { DestinationView } from "../api/description";
import { Failed } from "../parts/failed";
import { HostKeyQuestion } from "./host-key-question";
import { ProbeSteps } from "./probe-steps";
import { RoleTrust } from "./role-trust";
import { hostKeyQuestion, mayInsist, roleQuestion } from "./steps";
import { useProbe } from "./use-probe";

interface Props {
  readonly destination: DestinationView;
  /** Whether who looks may test, confirm and insist. */
  readonly mayManage: boolean;
  readonly actions?: ReactNode;
  onProbed?(probed: DestinationView): void;
}

/** The last test of a saved destination, with what it waits for: a host key to confirm, a role to trust us, another try. */
export function SavedProbe({ destination, mayManage, actions, onProbed }: Props) {
  const probe = useProbe(destination.destination_id, onProbed);
  const steps = destination.probe;
  const key = hostKeyQuestion(steps);
  const role = roleQuestion(steps);
  const busy = probe.isPending;
  return (
    <SpaceBetween size="m">
      {mayManage && key && (
        <HostKeyQuestion question={key} busy={busy} confirm={() => probe.mutate({ confirm_host_key: key.shown })} />
      )}
      {role && <RoleTrust question={role} />}
      <ProbeSteps kind={destination.kind} steps={steps} />
      {probe.error && <Failed failure={probe.error} />}
      {mayManage && (
        <SpaceBetween direction="horizontal" size="xs">
          {actions}
          <Button onClick={() => probe.mutate({})} loading={busy}>
            Test again
          </Button>
          {!destination.usable && !key && mayInsist(steps) && (
            <Button variant="link" onClick={() => probe.mutate({ force: true })} disabled={busy}>
              Use it all the same
            </Button>
          )}
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}
