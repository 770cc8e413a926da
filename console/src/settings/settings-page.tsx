import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import List from "@cloudscape-design/components/list";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Toggle from "@cloudscape-design/components/toggle";
import { useState } from "react";
import { apiAddress } from "../api/client";
import { type Appearance, appearance, type Choice, setAppearance } from "../frame/appearance";
import { Copied } from "../parts/copied";
import { words } from "../parts/words";
import { PERMISSIONS } from "../session/permissions";
import { useMay, useSession } from "../session/session";

export function SettingsPage() {
  const { session } = useSession();
  const may = useMay();
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
        <Container header={<Header variant="h2">You</Header>}>
          <KeyValuePairs
            columns={2}
            items={[
              { label: "Name", value: caller?.name },
              { label: "Tenant", value: caller?.tenant },
              { label: "Level", value: words(caller?.level ?? "") },
              { label: "User", value: caller?.user ?? "–" },
              { label: "Groups", value: caller?.groups.join(", ") || "–" },
              { label: "API", value: <Copied what="API address" text={apiAddress()} /> },
            ]}
          />
        </Container>
        <Container header={<Header variant="h2">What you may do</Header>}>
          <List
            ariaLabel="Permissions"
            items={PERMISSIONS}
            renderItem={({ id, label, description }) => ({
              id,
              content: may(id) ? (
                <StatusIndicator type="success">{label}</StatusIndicator>
              ) : (
                <StatusIndicator type="stopped">{label}: not permitted</StatusIndicator>
              ),
              secondaryContent: description,
            })}
          />
          <Box color="text-body-secondary" padding={{ top: "m" }}>
            Whoever manages API keys can make you another one that permits more.
          </Box>
        </Container>
      </SpaceBetween>
    </ContentLayout>
  );
}
