import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useNavigate, useParams } from "react-router";
import { useNotices } from "../frame/notices";
import { Opened } from "../parts/opened";
import { SubscriptionForm } from "./subscription-form";
import { useSubscription } from "./use-subscription";
import { Warnings } from "./warnings";

export function ChangeSubscriptionPage() {
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const notices = useNotices();
  const read = useSubscription(id);
  return (
    <ContentLayout
      header={
        <Header
          variant="h1"
          description="A webhook's secret stays. What was disabled is active again once it is saved."
        >
          Change {read.data?.body.name ?? "subscription"}
        </Header>
      }
    >
      <Opened read={read} what="the subscription">
        {(before) => (
          <SpaceBetween size="l">
            <Warnings of={before.body} />
            <SubscriptionForm
              before={before}
              onCancel={() => navigate(`/subscriptions/${id}`)}
              onSaved={(saved) => notices.done(`${saved.name} is changed.`, `/subscriptions/${id}`)}
            />
          </SpaceBetween>
        )}
      </Opened>
    </ContentLayout>
  );
}
