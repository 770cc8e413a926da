import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { FileView, RunDetail } from "../api/description";
import { bars } from "./sentence";

interface Props {
  readonly run: RunDetail;
  readonly files: readonly FileView[];
  readonly destinations: readonly string[];
  nameOf(destination: string): string;
}

/** How far a run is, while it goes on. */
export function RunProgress({ run, files, destinations, nameOf }: Props) {
  const minimal = run.log_kept === "minimal";
  const [packaged, ...sent] = bars(run, files, destinations);
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={minimal ? "The rule keeps a minimal log: only files that arrived are counted." : undefined}
        >
          Progress
        </Header>
      }
    >
      <SpaceBetween size="l">
        {packaged && !minimal && (
          <ProgressBar label={packaged.label} value={packaged.value} additionalInfo={packaged.said} />
        )}
        {sent.map((bar) => (
          <ProgressBar
            key={bar.label}
            label={`Delivered to ${nameOf(bar.label)}`}
            value={bar.value}
            additionalInfo={bar.said}
          />
        ))}
      </SpaceBetween>
    </Container>
  );
}
