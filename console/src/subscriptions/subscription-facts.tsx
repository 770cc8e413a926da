import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import type { MailTarget, SubscriptionView } from "../api/description";
import { Copied } from "../parts/copied";
import { instant } from "../parts/words";
import { eventLabel } from "./events";
import { Standing } from "./standing";
import { kindLabel, rulesInWords } from "./target";
import { useRuleNames } from "./use-rule-names";

export function SubscriptionFacts({ of: one }: { of: SubscriptionView }) {
  const names = useRuleNames();
  return (
    <Container header={<Header variant="h2">Settings</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          { label: "State", value: <Standing of={one} /> },
          { label: "Kind", value: kindLabel(one.target.kind) },
          ...(one.target.kind === "webhook"
            ? [{ label: "URL", value: <Copied what="URL" text={one.target.url} /> }]
            : mailFacts(one.target)),
          { label: "Events", value: <Lines of={one.events.map(eventLabel)} /> },
          { label: "Rules", value: rulesInWords(one.rules, names) },
          ...(one.previous_secret_until
            ? [{ label: "The old secret signs until (UTC)", value: instant(one.previous_secret_until) }]
            : []),
          { label: "Made", value: `${instant(one.created_at)} UTC by ${one.created_by}` },
          { label: "ID", value: <Copied what="ID" text={one.subscription_id} /> },
        ]}
      />
    </Container>
  );
}

function mailFacts({ addresses, subject, message }: MailTarget) {
  return [
    { label: "Addresses", value: <Lines of={addresses} /> },
    { label: "Subject", value: subject },
    { label: "Message", value: <Lines of={message.split("\n").filter(Boolean)} /> },
  ];
}

function Lines({ of }: { of: readonly string[] }) {
  return [...new Set(of)].map((line) => <div key={line}>{line}</div>);
}
