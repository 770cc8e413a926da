import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "react-router";
import { taggedOf } from "../api/client";
import { Opened } from "../parts/opened";
import { useApi, useMay } from "../session/session";
import { TemplateForm } from "./template-form";

export function NewTemplatePage() {
  return (
    <ContentLayout
      header={
        <Header variant="h1" description="Any of a rule's settings, but no password.">
          Create template
        </Header>
      }
    >
      <TemplateForm />
    </ContentLayout>
  );
}

export function TemplatePage() {
  const { id = "" } = useParams();
  const api = useApi();
  const may = useMay();
  const navigate = useNavigate();
  const read = useQuery({
    queryKey: ["templates", id],
    queryFn: () => taggedOf(api.GET("/templates/{template_id}", { params: { path: { template_id: id } } })),
  });
  const use = may("export") && (
    <Button onClick={() => navigate(`/rules/new?template=${id}`)}>Create rule from it</Button>
  );
  return (
    <ContentLayout
      header={
        <Header variant="h1" actions={read.data && use}>
          {read.data?.body.name ?? "Template"}
        </Header>
      }
    >
      <Opened read={read} what="the template">
        {(before) => <TemplateForm before={before} />}
      </Opened>
    </ContentLayout>
  );
}
