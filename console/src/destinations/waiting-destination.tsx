import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import { useMutation } from "@tanstack/react-query";
import { type Tagged, taggedOf } from "../api/client";
import type { DestinationView } from "../api/description";
import { useApi } from "../session/session";
import { SavedProbe } from "./saved-probe";

interface Props {
  readonly destination: DestinationView;
  onProbed(probed: DestinationView): void;
  /** Back to its settings, with the state in which they are now. */
  onCorrect(now: Tagged<DestinationView>): void;
}

/** A destination that is saved, and that no rule may name yet. */
export function WaitingDestination({ destination, onProbed, onCorrect }: Props) {
  const api = useApi();
  const reread = useMutation({
    mutationFn: () =>
      taggedOf(
        api.GET("/destinations/{destination_id}", {
          params: { path: { destination_id: destination.destination_id } },
        }),
      ),
    onSuccess: onCorrect,
  });
  return (
    <Container
      header={
        <Header variant="h2" description="No rule can deliver to it before its test goes well.">
          {destination.name} is saved, and not ready yet
        </Header>
      }
    >
      <SavedProbe
        destination={destination}
        mayManage
        onProbed={onProbed}
        actions={
          <Button formAction="none" onClick={() => reread.mutate()} loading={reread.isPending}>
            Correct the settings
          </Button>
        }
      />
    </Container>
  );
}
