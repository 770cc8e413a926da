import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import type { DatasetDetail } from "../api/description";
import { Failed } from "../parts/failed";
import { Waiting } from "../parts/waiting";
import { useMay } from "../session/session";
import { DatasetFacts } from "./dataset-facts";
import { DeleteDataset } from "./delete-dataset";
import { FieldTable } from "./field-table";
import { useDataset } from "./use-dataset";

export function DatasetPage() {
  const { name = "" } = useParams();
  const read = useDataset(name);
  const dataset = read.data?.body;
  return (
    <ContentLayout
      header={
        dataset ? (
          <Header variant="h1" description={dataset.description} actions={<Actions dataset={dataset} />}>
            {dataset.title}
          </Header>
        ) : (
          <Header variant="h1">Dataset</Header>
        )
      }
    >
      {read.error && <Failed failure={read.error} again={() => void read.refetch()} />}
      {read.isPending && <Waiting what="the dataset" />}
      {dataset && (
        <SpaceBetween size="l">
          <DatasetFacts dataset={dataset} />
          <FieldTable dataset={dataset} />
        </SpaceBetween>
      )}
    </ContentLayout>
  );
}

function Actions({ dataset }: { dataset: DatasetDetail }) {
  const may = useMay();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const mine = dataset.own && may("manage_datasets");
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        {mine && <Button onClick={() => setDeleting(true)}>Delete</Button>}
        {mine && <Button onClick={() => navigate(`/datasets/${dataset.name}/change`)}>Change</Button>}
        <Button onClick={() => navigate(`/explore?dataset=${dataset.name}`)}>Explore</Button>
        {may("export") && (
          <Button variant="primary" onClick={() => navigate(`/rules/new?dataset=${dataset.name}`)}>
            Create rule
          </Button>
        )}
      </SpaceBetween>
      {deleting && <DeleteDataset dataset={dataset} close={() => setDeleting(false)} />}
    </>
  );
}
