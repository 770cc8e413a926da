import Box from "@cloudscape-design/components/box";
import Spinner from "@cloudscape-design/components/spinner";

export function Waiting({ what }: { what: string }) {
  return (
    <Box padding="l" color="text-status-inactive">
      <Spinner /> Loading {what}…
    </Box>
  );
}
