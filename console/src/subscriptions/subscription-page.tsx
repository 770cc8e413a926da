import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { bodyOf } from "../api/client";
import type { AttemptView, SecretView, SubscriptionView } from "../api/description";
import { Failed } from "../parts/failed";
import { usePaged } from "../parts/paged";
import { Waiting } from "../parts/waiting";
import { useApi } from "../session/session";
import { nextLook } from "./attempt-words";
import { Attempts } from "./attempts";
import { DeleteSubscription } from "./delete-subscription";
import { NewSecret } from "./new-secret";
import { RenewSecret } from "./renew-secret";
import { SubscriptionFacts } from "./subscription-facts";
import { kindLabel } from "./target";
import { Trial } from "./trial";
import { useEnable } from "./use-enable";
import { useSubscription } from "./use-subscription";
import { Warnings } from "./warnings";

export function SubscriptionPage() {
  const { id = "" } = useParams();
  const api = useApi();
  const look = (found: readonly AttemptView[]) => nextLook(found, Date.now());
  const attempts = usePaged<AttemptView>(
    ["subscriptions", id, "attempts"],
    (cursor) =>
      bodyOf(
        api.GET("/subscriptions/{subscription_id}/attempts", {
          params: { path: { subscription_id: id }, query: cursor ? { cursor } : {} },
        }),
      ),
    look,
  );
  // How it fares changes with its attempts.
  const read = useSubscription(id, look(attempts.items));
  if (!read.data)
    return (
      <ContentLayout header={<Header variant="h1">Subscription</Header>}>
        {read.error ? (
          <Failed failure={read.error} again={() => void read.refetch()} />
        ) : (
          <Waiting what="the subscription" />
        )}
      </ContentLayout>
    );
  const subscription = read.data.body;
  return (
    <ContentLayout header={<Title of={subscription} />}>
      <SpaceBetween size="l">
        <Warnings of={subscription} />
        {subscription.state === "disabled" && <Disabled of={subscription} />}
        <SubscriptionFacts of={subscription} />
        <Trial of={subscription} />
        <Attempts list={attempts} isMail={subscription.target.kind === "mail"} />
      </SpaceBetween>
    </ContentLayout>
  );
}

function Disabled({ of: one }: { of: SubscriptionView }) {
  const enable = useEnable();
  return (
    <Alert
      type="warning"
      header="Nothing is sent"
      action={
        <Button onClick={() => enable.mutate(one)} loading={enable.isPending}>
          Enable again
        </Button>
      }
    >
      {one.because} Mend the receiver, send a test, then enable it again.
    </Alert>
  );
}

function Title({ of: one }: { of: SubscriptionView }) {
  const navigate = useNavigate();
  const [asked, setAsked] = useState<"delete" | "renew">();
  const [renewed, setRenewed] = useState<SecretView>();
  const close = () => setAsked(undefined);
  return (
    <>
      <Header
        variant="h1"
        description={kindLabel(one.target.kind)}
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button onClick={() => setAsked("delete")}>Delete</Button>
            {one.target.kind === "webhook" && <Button onClick={() => setAsked("renew")}>Renew secret</Button>}
            <Button onClick={() => navigate(`/subscriptions/${one.subscription_id}/change`)}>Change settings</Button>
          </SpaceBetween>
        }
      >
        {one.name}
      </Header>
      {asked === "delete" && <DeleteSubscription of={one} close={close} />}
      {asked === "renew" && <RenewSecret of={one} close={close} onRenewed={setRenewed} />}
      {renewed && (
        <NewSecret
          name={one.name}
          secret={renewed.secret}
          until={renewed.previous_secret_until}
          close={() => setRenewed(undefined)}
        />
      )}
    </>
  );
}
