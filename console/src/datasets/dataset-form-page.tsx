import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { useState } from "react";
import { useParams } from "react-router";
import { Failed } from "../parts/failed";
import { Waiting } from "../parts/waiting";
import { DatasetForm } from "./dataset-form";
import { useDataset } from "./use-dataset";

export function NewDatasetPage() {
  return (
    <ContentLayout
      header={
        <Header variant="h1" description="A kind of data of your own, at once ready for records.">
          Add dataset
        </Header>
      }
    >
      <DatasetForm />
    </ContentLayout>
  );
}

export function ChangeDatasetPage() {
  const { name = "" } = useParams();
  const read = useDataset(name);
  // As it was when the form opened: what is read anew must not overwrite what somebody types.
  const [opened, setOpened] = useState(read.data);
  if (read.data && !opened) setOpened(read.data);
  return (
    <ContentLayout header={<Header variant="h1">Change {opened?.body.title ?? name}</Header>}>
      {!opened && read.error && <Failed failure={read.error} again={() => void read.refetch()} />}
      {!opened && !read.error && <Waiting what="the dataset" />}
      {opened && <DatasetForm before={opened} />}
    </ContentLayout>
  );
}
