import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Problem } from "../api/problem";
import { EnterText } from "../parts/enter-text";
import type { Typed } from "../parts/sharing";
import { SharingFields } from "../parts/sharing-fields";

const CHOICES = [
  { value: "nobody", label: "Nobody: only you and administrators see it" },
  { value: "some", label: "Some users and groups" },
  { value: "everybody", label: "Everybody of the tenant" },
] as const;
export const NOBODY = { everybody: false, users: [], groups: [] };

interface Props {
  readonly name: string;
  readonly sharing: Typed;
  readonly problem: Problem | null;
  onName(name: string): void;
  onSharing(sharing: Typed): void;
}

/** By what a template is known, and to whom. */
export function TemplateHead({ name, sharing, problem, onName, onSharing }: Props) {
  return (
    <SpaceBetween size="l">
      <EnterText label="Name" value={name} error={problem?.of("name")} onChange={onName} />
      <SharingFields
        label="Who sees it beside you"
        choices={CHOICES}
        value={sharing}
        wrong={{ users: problem?.of("shared.users"), groups: problem?.of("shared.groups") }}
        onChange={onSharing}
      />
    </SpaceBetween>
  );
}
