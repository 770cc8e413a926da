import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import { useState } from "react";
import { useNavigate } from "react-router";
import type { SubscriptionView } from "../api/description";
import { useNotices } from "../frame/notices";
import { NewSecret } from "./new-secret";
import { SubscriptionForm } from "./subscription-form";

export function NewSubscriptionPage() {
  const navigate = useNavigate();
  const notices = useNotices();
  const [made, setMade] = useState<{ subscription: SubscriptionView; secret: string }>();
  const done = ({ name, subscription_id }: SubscriptionView) =>
    notices.done(`${name} is saved. Send a test to see whether it arrives.`, `/subscriptions/${subscription_id}`);
  return (
    <ContentLayout header={<Header variant="h1">Make subscription</Header>}>
      <SubscriptionForm
        onCancel={() => navigate("/subscriptions")}
        onSaved={(subscription, secret) => (secret ? setMade({ subscription, secret }) : done(subscription))}
      />
      {made && <NewSecret name={made.subscription.name} secret={made.secret} close={() => done(made.subscription)} />}
    </ContentLayout>
  );
}
