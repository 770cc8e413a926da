import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { FileView, RunDetail } from "../api/description";
import type { Paged } from "../parts/paged";
import { bytes, many } from "../parts/words";
import { delivering, packaging } from "./sentence";

interface Props {
  readonly run: RunDetail;
  readonly files: Paged<FileView>;
  readonly destinations: readonly string[];
  nameOf(destination: string): string;
}

/** How far a run is, while it goes on. */
export function RunProgress({ run, files, destinations, nameOf }: Props) {
  const minimal = run.log_kept === "minimal";
  const packaged = packaging(run);
  const { files_delivered, delivered_bytes } = run.progress;
  const sent = destinations.map((one) => delivering(one, files.items));
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
        {!minimal && <ProgressBar label={packaged.label} value={packaged.value} additionalInfo={packaged.said} />}
        {files.more ? (
          <Box>
            Delivered: {many(files_delivered, "file")}, {bytes(delivered_bytes)}, over all destinations.
          </Box>
        ) : (
          sent.map((bar) => (
            <ProgressBar
              key={bar.label}
              label={`Delivered to ${nameOf(bar.label)}`}
              value={bar.value}
              additionalInfo={bar.said}
            />
          ))
        )}
      </SpaceBetween>
    </Container>
  );
}
