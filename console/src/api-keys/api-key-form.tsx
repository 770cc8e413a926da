import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf, once } from "../api/client";
import type { Level, NewKeyView, Permission } from "../api/description";
import { asProblem } from "../api/problem";
import { EnterNumber, EnterText } from "../parts/enter-text";
import { SavedForm } from "../parts/saved-form";
import { PERMISSIONS } from "../session/permissions";
import { useApi, useMay } from "../session/session";
import { EMPTY, offered, requestOf } from "./new-key";

const LEVELS: { value: Level; label: string; description: string }[] = [
  { value: "administrator", label: "Administrator", description: "Reaches everything of the tenant." },
  {
    value: "user",
    label: "User",
    description:
      "Reaches what is theirs: their rules and runs, their rows and their groups', what is shared with them.",
  },
];

export function ApiKeyForm({ onMade, onCancel }: { onMade(made: NewKeyView): void; onCancel(): void }) {
  const api = useApi();
  const may = useMay();
  const answers = useQueryClient();
  const [key, setKey] = useState(EMPTY);
  const [header] = useState(once);
  const make = useMutation({
    mutationFn: () => bodyOf(api.POST("/api-keys", { params: { header }, body: requestOf(key) })),
    onSuccess: (made) => {
      void answers.invalidateQueries({ queryKey: ["api-keys"] });
      onMade(made);
    },
  });
  const problem = make.error ? asProblem(make.error) : null;
  const change = (part: Partial<typeof EMPTY>) => setKey((rest) => ({ ...rest, ...part }));
  const toggle = (id: Permission, on: boolean) =>
    change({ permissions: on ? [...key.permissions, id] : key.permissions.filter((one) => one !== id) });
  return (
    <SavedForm verb="Make key" saving={make.isPending} problem={problem} save={() => make.mutate()} cancel={onCancel}>
      <Container header={<Header variant="h2">Whose it is</Header>}>
        <SpaceBetween size="l">
          <EnterText
            label="Name"
            description="Of the person or the program. What is done with the key is noted under it."
            value={key.name}
            error={problem?.of("name")}
            onChange={(name) => change({ name })}
          />
          <FormField label="Level" errorText={problem?.of("level")}>
            <RadioGroup
              value={key.level}
              items={LEVELS}
              onChange={({ detail }) => change({ level: detail.value as Level })}
            />
          </FormField>
          {key.level === "user" && (
            <SpaceBetween size="l">
              <EnterText
                label="User"
                description="As the datasets name them."
                value={key.user}
                error={problem?.of("user")}
                onChange={(user) => change({ user })}
              />
              <FormField
                label={
                  <>
                    Groups <i>– optional</i>
                  </>
                }
                description="One a line."
                errorText={problem?.of("groups")}
              >
                <Textarea rows={3} value={key.groups} onChange={({ detail }) => change({ groups: detail.value })} />
              </FormField>
            </SpaceBetween>
          )}
          <EnterNumber
            label="Ends after days"
            description="1 to 3650. Empty: it has no end."
            value={key.expires_in_days}
            error={problem?.of("expires_in_days")}
            onChange={(expires_in_days) => change({ expires_in_days })}
          />
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">What it may do</Header>}>
        <FormField
          label="Permissions"
          description={key.level === "user" ? "Those that are about the whole tenant are for administrators." : ""}
          errorText={problem?.of("permissions")}
          stretch
        >
          <SpaceBetween size="s">
            {PERMISSIONS.filter((one) => offered(one, key.level, may)).map((one) => (
              <Checkbox
                key={one.id}
                checked={key.permissions.includes(one.id)}
                description={one.description}
                onChange={({ detail }) => toggle(one.id, detail.checked)}
              >
                {one.label}
              </Checkbox>
            ))}
          </SpaceBetween>
        </FormField>
      </Container>
    </SavedForm>
  );
}
