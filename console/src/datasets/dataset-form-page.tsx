import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { useParams } from "react-router";
import { Opened } from "../parts/opened";
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
  return (
    <ContentLayout header={<Header variant="h1">Change {read.data?.body.title ?? name}</Header>}>
      <Opened read={read} what="the dataset">
        {(before) => <DatasetForm before={before} />}
      </Opened>
    </ContentLayout>
  );
}
