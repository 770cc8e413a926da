import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Header from "@cloudscape-design/components/header";
import { useState } from "react";
import { useNavigate } from "react-router";
import { bodyOf } from "../api/client";
import type { SubscriptionView } from "../api/description";
import { Empty } from "../parts/empty";
import { Link } from "../parts/link";
import { ListTable } from "../parts/list-table";
import { usePaged } from "../parts/paged";
import { useApi } from "../session/session";
import { DeleteSubscription } from "./delete-subscription";
import { eventsInWords } from "./events";
import { NewestAttempt } from "./newest-attempt";
import { Standing } from "./standing";
import { kindLabel, rulesInWords, type Target, targetInWords } from "./target";
import { useEnable } from "./use-enable";
import { useRuleNames } from "./use-rule-names";

export function SubscriptionsPage() {
  const api = useApi();
  const navigate = useNavigate();
  const names = useRuleNames();
  const [deleting, setDeleting] = useState<SubscriptionView>();
  const subscriptions = usePaged<SubscriptionView>(["subscriptions"], (cursor) =>
    bodyOf(api.GET("/subscriptions", { params: { query: cursor ? { cursor } : {} } })),
  );
  const make = (
    <Button variant="primary" onClick={() => navigate("/subscriptions/new")}>
      Make subscription
    </Button>
  );
  return (
    <>
      <ListTable
        what="subscriptions"
        list={subscriptions}
        variant="full-page"
        header={
          <Header
            variant="h1"
            actions={make}
            description="Who is told by mail or webhook what happens to runs, rules and destinations."
          >
            Notifications
          </Header>
        }
        empty={
          <Empty title="No subscriptions yet" action={make}>
            Let people get a mail, or a program of yours a signed webhook, when a run ends or fails, a rule is paused,
            or credentials end.
          </Empty>
        }
        columnDefinitions={[
          {
            id: "name",
            header: "Name",
            minWidth: 110,
            isRowHeader: true,
            cell: (one) => <Link to={`/subscriptions/${one.subscription_id}`}>{one.name}</Link>,
          },
          { id: "state", header: "State", minWidth: 170, cell: (one) => <Standing of={one} /> },
          {
            id: "newest",
            header: "Newest attempt",
            minWidth: 160,
            cell: (one) => <NewestAttempt id={one.subscription_id} />,
          },
          { id: "target", header: "Receiver", minWidth: 160, cell: (one) => <Receiver of={one.target} /> },
          { id: "events", header: "Told of", minWidth: 140, cell: (one) => eventsInWords(one.events) },
          { id: "rules", header: "Rules", minWidth: 100, cell: (one) => rulesInWords(one.rules, names) },
          {
            id: "actions",
            header: "Actions",
            cell: (one) => <Actions of={one} onDelete={() => setDeleting(one)} />,
          },
        ]}
      />
      {deleting && <DeleteSubscription of={deleting} close={() => setDeleting(undefined)} />}
    </>
  );
}

function Receiver({ of: target }: { of: Target }) {
  return (
    <>
      {kindLabel(target.kind)}
      {/* An address has no blank at which it could be parted. */}
      <div style={{ overflowWrap: "anywhere" }}>{targetInWords(target)}</div>
    </>
  );
}

function Actions({ of: one, onDelete }: { of: SubscriptionView; onDelete(): void }) {
  const navigate = useNavigate();
  const enable = useEnable();
  const acts: Readonly<Record<string, () => void>> = {
    change: () => navigate(`/subscriptions/${one.subscription_id}/change`),
    enable: () => enable.mutate(one),
    delete: onDelete,
  };
  return (
    <ButtonDropdown
      variant="inline-icon"
      ariaLabel={`Actions of ${one.name}`}
      expandToViewport
      loading={enable.isPending}
      items={[
        { id: "change", text: "Change settings" },
        ...(one.state === "disabled" ? [{ id: "enable", text: "Enable again" }] : []),
        { id: "delete", text: "Delete" },
      ]}
      onItemClick={({ detail }) => acts[detail.id]?.()}
    />
  );
}
