import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { DestinationView } from "../api/description";
import { asProblem, type Problem } from "../api/problem";
import { useNotices } from "../frame/notices";
import { Confirm } from "../parts/confirm";
import { sharingOf, typedOf } from "../parts/sharing";
import { SharedWith, SharingFields } from "../parts/sharing-fields";
import { useApi, useMay } from "../session/session";

const CHOICES = [
  { value: "everybody", label: "Everybody of the tenant" },
  { value: "some", label: "Some users and groups", description: "Administrators may always." },
  { value: "nobody", label: "Administrators alone" },
] as const;

/** Who may deliver there with rules that are made or changed from now on. */
export function Access({ destination }: { destination: DestinationView }) {
  const may = useMay();
  const [changing, setChanging] = useState(false);
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="For rules that are made or changed from now on. Rules that deliver here already go on."
          actions={may("manage_destinations") && <Button onClick={() => setChanging(true)}>Change who may</Button>}
        >
          Who may deliver here
        </Header>
      }
    >
      <SharedWith sharing={destination.limited_to} nobody="Administrators alone" />
      {changing && <ChangeAccess destination={destination} close={() => setChanging(false)} />}
    </Container>
  );
}

function ChangeAccess({ destination, close }: { destination: DestinationView; close(): void }) {
  const api = useApi();
  const notices = useNotices();
  const answers = useQueryClient();
  const [typed, setTyped] = useState(() => typedOf(destination.limited_to));
  const [problem, setProblem] = useState<Problem>();
  return (
    <Confirm
      title={`Who may deliver to ${destination.name}`}
      verb="Save"
      close={close}
      act={async () => {
        try {
          await api.PUT("/destinations/{destination_id}/access", {
            params: { path: { destination_id: destination.destination_id } },
            body: { limited_to: typed.who === "everybody" ? null : sharingOf(typed) },
          });
        } catch (failure) {
          setProblem(asProblem(failure));
          throw failure;
        }
        await answers.invalidateQueries({ queryKey: ["destinations"] });
        notices.done(`Who may deliver to ${destination.name} is changed.`);
      }}
    >
      <SharingFields
        label="Who"
        choices={CHOICES}
        value={typed}
        wrong={{ users: problem?.of("limited_to.users"), groups: problem?.of("limited_to.groups") }}
        onChange={setTyped}
      />
    </Confirm>
  );
}
