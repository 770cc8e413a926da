import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import type { Tagged } from "../api/client";
import type { DestinationView } from "../api/description";
import { EnterText } from "../parts/enter-text";
import { SavedForm } from "../parts/saved-form";
import { KINDS } from "./kinds/kinds";
import { isSecret } from "./kinds/values";
import { Refusal } from "./refusal";
import { SettingFields } from "./setting-fields";
import { useDestinationForm } from "./use-destination-form";
import { WaitingDestination } from "./waiting-destination";

interface Props {
  /** A destination to change; a new one is made where there is none. */
  readonly before?: Tagged<DestinationView>;
  /** It is saved, and rules may deliver to it. */
  onSaved(destination: DestinationView): void;
  onCancel?(): void;
}

const SECRETS =
  "Secrets are never shown again: give them anew. To change the name alone, leave all else as it is and the secrets empty.";
const NONE: ReadonlyMap<string, string> = new Map();

/**
 * A destination's settings, of whatever kind. Saving tests it: what fails is told at its field, what waits for somebody (a host
 * key, a role) is asked, and only then it is given to `onSaved`.
 */
export function DestinationForm({ before: given, onSaved, onCancel }: Props) {
  const typed = useDestinationForm(given, onSaved);
  const { before, waits, kind, values, problem, wrong } = typed;
  if (waits) return <WaitingDestination destination={waits} onProbed={typed.probed} onCorrect={typed.correct} />;
  const secrets = kind.settings.some(isSecret) ? SECRETS : undefined;
  return (
    <SavedForm
      verb="Save and test"
      saving={typed.saving}
      savingText="Saving and testing"
      problem={problem}
      refusal={
        problem &&
        wrong && <Refusal problem={problem} kind={kind} wrong={wrong} send={typed.send} busy={typed.saving} />
      }
      save={() => typed.send()}
      cancel={onCancel}
    >
      <Container header={<Header variant="h2">{before ? "Name" : "Kind and name"}</Header>}>
        <SpaceBetween size="l">
          {!before && (
            <FormField label="Kind" stretch>
              <Tiles
                value={kind.id}
                onChange={({ detail }) => typed.choose(detail.value)}
                items={KINDS.map(({ id, label, description }) => ({ value: id, label, description }))}
              />
            </FormField>
          )}
          <EnterText
            label="Name"
            description="What you and others will know it by."
            value={typed.name}
            error={wrong?.fields.get("name")}
            onChange={typed.rename}
          />
        </SpaceBetween>
      </Container>
      <Container
        header={
          <Header variant="h2" description={before ? secrets : kind.before}>
            {kind.label}
          </Header>
        }
      >
        <SettingFields kind={kind} values={values} wrong={wrong?.fields ?? NONE} onChange={typed.change} />
      </Container>
    </SavedForm>
  );
}
