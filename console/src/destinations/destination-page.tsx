import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import type { DestinationView } from "../api/description";
import { Failed } from "../parts/failed";
import { Waiting } from "../parts/waiting";
import { instant } from "../parts/words";
import { useMay } from "../session/session";
import { Access } from "./access";
import { DeleteDestination } from "./delete-destination";
import { DestinationFacts } from "./destination-facts";
import { FolderKeys } from "./folder-keys";
import { HostKeys } from "./host-keys";
import { kindLabel } from "./kinds/kinds";
import { RulesOf } from "./rules-of";
import { SavedProbe } from "./saved-probe";
import { useDestination } from "./use-destination";

export function DestinationPage() {
  const { id = "" } = useParams();
  const read = useDestination(id);
  if (read.data) return <Shown destination={read.data.body} />;
  return (
    <ContentLayout header={<Header variant="h1">Destination</Header>}>
      {read.error ? (
        <Failed failure={read.error} again={() => void read.refetch()} />
      ) : (
        <Waiting what="the destination" />
      )}
    </ContentLayout>
  );
}

function Shown({ destination }: { destination: DestinationView }) {
  const mayManage = useMay()("manage_destinations");
  return (
    <ContentLayout header={<Title destination={destination} />}>
      <SpaceBetween size="l">
        {destination.warnings.map((warning) => (
          <Alert key={warning} type="warning">
            {warning.replace(/ Save new ones: PUT .*$/, "")} Give new ones by “Change settings”.
          </Alert>
        ))}
        <DestinationFacts destination={destination} />
        {destination.kind === "hosted" && <FolderKeys destination={destination} />}
        <Container
          header={
            <Header variant="h2" description={`Last done ${instant(destination.probed_at)} UTC.`}>
              Connection test
            </Header>
          }
        >
          <SavedProbe destination={destination} mayManage={mayManage} />
        </Container>
        {destination.kind === "sftp" && <HostKeys destination={destination} />}
        <RulesOf destination={destination} />
        <Access destination={destination} />
      </SpaceBetween>
    </ContentLayout>
  );
}

function Title({ destination }: { destination: DestinationView }) {
  const navigate = useNavigate();
  const may = useMay();
  const [deleting, setDeleting] = useState(false);
  return (
    <>
      <Header
        variant="h1"
        description={kindLabel(destination.kind)}
        actions={
          may("manage_destinations") && (
            <SpaceBetween direction="horizontal" size="xs">
              <Button onClick={() => setDeleting(true)}>Delete</Button>
              <Button onClick={() => navigate(`/destinations/${destination.destination_id}/change`)}>
                Change settings
              </Button>
            </SpaceBetween>
          )
        }
      >
        {destination.name}
      </Header>
      {deleting && <DeleteDestination destination={destination} close={() => setDeleting(false)} />}
    </>
  );
}
