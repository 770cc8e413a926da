import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useState } from "react";
import { apiAddress } from "../api/client";
import { type Appearance, appearance, type Choice, setAppearance } from "../frame/appearance";
import { words } from "../parts/words";
import { useSession } from "../session/session";

export function SettingsPage() {
  const { session } = useSession();
  const [chosen, setChosen] = useState<Appearance>(appearance);
  const choose = (part: Partial<Appearance>) => {
    const now = { ...chosen, ...part };
    setChosen(now);
    setAppearance(now);
  };
  const caller = session?.caller;
  return (
    <ContentLayout header={<Header variant="h1">Settings</Header>}>
      <SpaceBetween size="l">
        <Container header={<Header variant="h2">Appearance</Header>}>
          <SpaceBetween size="m">
            <SegmentedControl
              label="Colours"
              selectedId={chosen.mode}
              onChange={({ detail }) => choose({ mode: detail.selectedId as Choice })}
              options={[
                { id: "system", text: "As the system" },
                { id: "light", text: "Light" },
                { id: "dark", text: "Dark" },
              ]}
            />
            <Toggle checked={chosen.compact} onChange={({ detail }) => choose({ compact: detail.checked })}>
              Compact: more rows on the screen
            </Toggle>
          </SpaceBetween>
        </Container>
        <Container header={<Header variant="h2">You, and what you may do</Header>}>
          <KeyValuePairs
            columns={2}
            items={[
              { label: "Name", value: caller?.name },
              { label: "Tenant", value: caller?.tenant },
              { label: "Level", value: words(caller?.level ?? "") },
              { label: "User", value: caller?.user ?? "–" },
              { label: "Permissions", value: caller?.permissions.map(words).join(", ") || "None" },
              { label: "API", value: apiAddress() },
            ]}
          />
        </Container>
      </SpaceBetween>
    </ContentLayout>
  );
}
