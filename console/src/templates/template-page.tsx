import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "react-router";
import { taggedOf } from "../api/client";
import { Failed } from "../parts/failed";
import { Waiting } from "../parts/waiting";
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
    // The form must keep what somebody types.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
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
      {read.error && <Failed failure={read.error} again={() => void read.refetch()} />}
      {read.isPending && <Waiting what="the template" />}
      {read.data && <TemplateForm before={read.data} />}
    </ContentLayout>
  );
}
