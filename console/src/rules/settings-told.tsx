import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Told } from "./settings-words";

/** All settings of a rule in words; with `onEdit`, each part leads back to its step. */
export function SettingsTold({ parts, onEdit }: { parts: readonly Told[]; onEdit?: (step: number) => void }) {
  return (
    <SpaceBetween size="l">
      {parts.map((part, step) => (
        <Container
          key={part.title}
          header={
            <Header
              variant="h3"
              headingTagOverride="h3"
              actions={
                onEdit && (
                  <Button ariaLabel={`Edit ${part.title.toLowerCase()}`} onClick={() => onEdit(step)}>
                    Edit
                  </Button>
                )
              }
            >
              {part.title}
            </Header>
          }
        >
          <KeyValuePairs columns={3} items={part.items.map(({ label, value }) => ({ label, value: value || "–" }))} />
        </Container>
      ))}
    </SpaceBetween>
  );
}
