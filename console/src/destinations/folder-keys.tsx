import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf } from "../api/client";
import type { DestinationView, FolderView, RenewedView } from "../api/description";
import { Copied } from "../parts/copied";
import { Failed } from "../parts/failed";
import { Waiting } from "../parts/waiting";
import { useApi, useMay } from "../session/session";
import { FolderKeyTable } from "./folder-key-table";
import { NewFolderKey } from "./new-folder-key";
import { RenewFolderKey } from "./renew-folder-key";

/** With what a hosted folder is read, and new keys for it. */
export function FolderKeys({ destination }: { destination: DestinationView }) {
  const api = useApi();
  const may = useMay();
  const id = destination.destination_id;
  const [asking, setAsking] = useState(false);
  const [made, setMade] = useState<RenewedView>();
  const folder = useQuery({
    queryKey: ["destinations", id, "credentials"],
    queryFn: () =>
      bodyOf(api.GET("/destinations/{destination_id}/credentials", { params: { path: { destination_id: id } } })),
  });
  const keys = folder.data?.keys ?? [];
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Any S3 client reads the folder with them: list and get, nothing else."
          actions={
            may("manage_credentials") && (
              <Button variant="primary" onClick={() => setAsking(true)} disabled={!folder.data}>
                {keys.length > 0 ? "Refresh credentials" : "Make credentials"}
              </Button>
            )
          }
        >
          Credentials
        </Header>
      }
    >
      <SpaceBetween size="l">
        {folder.error && <Failed failure={folder.error} again={() => void folder.refetch()} />}
        {folder.isPending && <Waiting what="the credentials" />}
        {folder.data && <Where folder={folder.data} />}
        {folder.data && <FolderKeyTable keys={keys} />}
      </SpaceBetween>
      {asking && (
        <RenewFolderKey
          destination={destination}
          current={keys.at(-1)}
          close={() => setAsking(false)}
          onRenewed={setMade}
        />
      )}
      {made && <NewFolderKey made={made} close={() => setMade(undefined)} />}
    </Container>
  );
}

function Where({ folder }: { folder: FolderView }) {
  return (
    <KeyValuePairs
      columns={4}
      items={[
        { label: "Bucket", value: <Copied what="Bucket" text={folder.bucket} /> },
        { label: "Prefix", value: <Copied what="Prefix" text={folder.prefix} /> },
        { label: "Region", value: <Copied what="Region" text={folder.region} /> },
        { label: "Endpoint", value: <Copied what="Endpoint" text={folder.endpoint} /> },
      ]}
    />
  );
}
