import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import { useMemo, useState } from "react";
import { once, type Tagged } from "../api/client";
import type { DestinationView } from "../api/description";
import { asProblem } from "../api/problem";
import { useFirstWrong } from "../parts/first-wrong";
import { KINDS, kindOf } from "./kinds/kinds";
import { S3 } from "./kinds/s3";
import { initialValues, isSecret, valuesOf } from "./kinds/values";
import { wrongOf } from "./kinds/wrong";
import { Refusal } from "./refusal";
import { SettingFields } from "./setting-fields";
import { useSave } from "./use-save";
import { WaitingDestination } from "./waiting-destination";

interface Props {
  /** A destination to change; a new one is made where there is none. */
  readonly before?: Tagged<DestinationView>;
  /** It is saved, and rules may deliver to it. */
  onSaved(destination: DestinationView): void;
  onCancel?(): void;
}

/**
 * A destination's settings, of whatever kind. Saving tests it: what fails is told at its field, what waits for somebody (a host
 * key, a role) is asked, and only then it is given to `onSaved`.
 */
export function DestinationForm({ before: given, onSaved, onCancel }: Props) {
  const [before, setBefore] = useState(given);
  const [waits, setWaits] = useState<DestinationView>();
  const [kind, setKind] = useState(() => kindOf(given?.body.kind ?? "") ?? S3);
  const [name, setName] = useState(given?.body.name ?? "");
  const [values, setValues] = useState(() => (given ? valuesOf(kind, given.body.settings) : initialValues(kind)));
  const [key, setKey] = useState(once);
  const save = useSave(before, (saved) => {
    if (saved.body.usable) return onSaved(saved.body);
    setBefore(saved);
    setWaits(saved.body);
  });
  const problem = save.error ? asProblem(save.error) : null;
  const wrong = useMemo(() => problem && wrongOf(problem, kind, values), [problem, kind, values]);
  const form = useFirstWrong(problem);
  const send = (more: { force?: boolean; host_key?: string } = {}) => {
    const filled = more.host_key ? { ...values, host_key: more.host_key } : values;
    setValues(filled);
    save.mutate({ kind, name, values: filled, force: more.force ?? false, key });
  };
  const change = (setting: string, value: string) => {
    setValues((others) => ({ ...others, [setting]: value }));
    setKey(once());
  };

  if (waits)
    return (
      <WaitingDestination
        destination={waits}
        onProbed={(probed) => (probed.usable ? onSaved(probed) : setWaits(probed))}
        onCorrect={(now) => {
          setBefore(now);
          setWaits(undefined);
        }}
      />
    );
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Form
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            {onCancel && (
              <Button variant="link" formAction="none" onClick={onCancel}>
                Cancel
              </Button>
            )}
            <Button variant="primary" formAction="submit" loading={save.isPending} loadingText="Saving and testing">
              Save and test
            </Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="l">
          {problem && wrong && (
            <Refusal problem={problem} kind={kind} wrong={wrong} send={send} busy={save.isPending} />
          )}
          <Container header={<Header variant="h2">{given ? kind.label : "Kind and name"}</Header>}>
            <SpaceBetween size="l">
              {!before && (
                <FormField label="Kind" stretch>
                  <Tiles
                    value={kind.id}
                    onChange={({ detail }) => {
                      const chosen = kindOf(detail.value) ?? kind;
                      setKind(chosen);
                      setValues(initialValues(chosen));
                      setKey(once());
                      save.reset();
                    }}
                    items={KINDS.map(({ id, label, description }) => ({ value: id, label, description }))}
                  />
                </FormField>
              )}
              <FormField
                label="Name"
                description="What you and others will know it by."
                errorText={wrong?.fields.get("name")}
              >
                <Input
                  value={name}
                  onChange={({ detail }) => {
                    setName(detail.value);
                    setKey(once());
                  }}
                />
              </FormField>
            </SpaceBetween>
          </Container>
          <Container
            header={
              <Header
                variant="h2"
                description={before ? (kind.settings.some(isSecret) ? SECRETS : undefined) : kind.before}
              >
                {kind.label}
              </Header>
            }
          >
            <SettingFields kind={kind} values={values} wrong={wrong?.fields ?? NONE} onChange={change} />
          </Container>
        </SpaceBetween>
      </Form>
    </form>
  );
}

const SECRETS =
  "Secrets are never shown again: give them anew. To change the name alone, leave all else as it is and the secrets empty.";
const NONE: ReadonlyMap<string, string> = new Map();
