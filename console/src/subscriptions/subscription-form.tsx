import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import { useState } from "react";
import { once, type Tagged } from "../api/client";
import type { SubscriptionView } from "../api/description";
import { asProblem } from "../api/problem";
import { EnterText } from "../parts/enter-text";
import { SavedForm } from "../parts/saved-form";
import { useMay } from "../session/session";
import { Choices } from "./choices";
import { type Draft, draftOf, EMPTY } from "./draft";
import { EVENTS } from "./events";
import { inWords } from "./in-words";
import { MailFields } from "./mail-fields";
import { RulesField } from "./rules-field";
import { KINDS, type Target } from "./target";
import { useSave } from "./use-save";

interface Props {
  /** A subscription to change; a new one is made where there is none. */
  readonly before?: Tagged<SubscriptionView>;
  /** `secret` is a new webhook's, which nobody sees again. */
  onSaved(saved: SubscriptionView, secret: string | null): void;
  onCancel(): void;
}

/** Who is told of what. */
export function SubscriptionForm({ before, onSaved, onCancel }: Props) {
  const mayRead = useMay()("read");
  const [draft, setDraft] = useState(() => (before ? draftOf(before.body) : EMPTY));
  const [key, setKey] = useState(once);
  const save = useSave(before, onSaved);
  const problem = save.error ? asProblem(save.error) : null;
  const errorOf = (field: string) => {
    const said = problem?.of(field);
    return said && inWords(said);
  };
  const change = (part: Partial<Draft>) => {
    setDraft((rest) => ({ ...rest, ...part }));
    setKey(once());
  };
  return (
    <SavedForm
      verb={before ? "Save" : "Make subscription"}
      saving={save.isPending}
      problem={problem}
      save={() => save.mutate({ draft, key })}
      cancel={onCancel}
    >
      <Container header={<Header variant="h2">Who is told</Header>}>
        <SpaceBetween size="l">
          <EnterText
            label="Name"
            description="For the list, such as On call."
            value={draft.name}
            error={errorOf("name")}
            onChange={(name) => change({ name })}
          />
          {!before && (
            <FormField label="Kind" errorText={errorOf("target.kind")} stretch>
              <Tiles
                value={draft.kind}
                items={[...KINDS]}
                onChange={({ detail }) => change({ kind: detail.value as Target["kind"] })}
              />
            </FormField>
          )}
          {draft.kind === "mail" ? (
            <MailFields
              value={draft.mail}
              onChange={(part) => change({ mail: { ...draft.mail, ...part } })}
              errorOf={(field) => errorOf(`target.${field}`)}
            />
          ) : (
            <EnterText
              label="URL"
              description="A public address with https and a certificate of a public authority. It answers any 2xx within 10 seconds."
              placeholder="https://hooks.example.com/waybill"
              value={draft.url}
              error={errorOf("target.url")}
              onChange={(url) => change({ url })}
            />
          )}
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">Of what</Header>}>
        <SpaceBetween size="l">
          <Choices
            label="Events"
            options={EVENTS}
            chosen={draft.events}
            error={errorOf("events")}
            onChange={(events) => change({ events })}
          />
          {mayRead && (
            <RulesField narrowed={draft.narrowed} chosen={draft.rules} error={errorOf("rules")} onChange={change} />
          )}
        </SpaceBetween>
      </Container>
    </SavedForm>
  );
}
