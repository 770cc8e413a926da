import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useNotices } from "../frame/notices";
import { Failed } from "../parts/failed";
import { Waiting } from "../parts/waiting";
import { SubscriptionForm } from "./subscription-form";
import { useSubscription } from "./use-subscription";
import { Warnings } from "./warnings";

export function ChangeSubscriptionPage() {
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const notices = useNotices();
  const read = useSubscription(id);
  // As it was when the form opened: what is read anew meanwhile must not overwrite what somebody types.
  const [opened, setOpened] = useState(read.data);
  if (read.data && !opened) setOpened(read.data);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description="A webhook's secret stays. What was disabled is active again once it is saved."
        >
          Change {opened?.body.name ?? "subscription"}
        </Header>
      }
    >
      {!opened && read.error && <Failed failure={read.error} again={() => void read.refetch()} />}
      {!opened && !read.error && <Waiting what="the subscription" />}
      {opened && (
        <SpaceBetween size="l">
          <Warnings of={opened.body} />
          <SubscriptionForm
            before={opened}
            onCancel={() => navigate(`/subscriptions/${id}`)}
            onSaved={(saved) => {
              notices.done(`${saved.name} is changed.`);
              navigate(`/subscriptions/${id}`);
            }}
          />
        </SpaceBetween>
      )}
    </ContentLayout>
  );
}
