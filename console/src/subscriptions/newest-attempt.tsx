import Box from "@cloudscape-design/components/box";
import { useQuery } from "@tanstack/react-query";
import { bodyOf } from "../api/client";
import { instant } from "../parts/words";
import { useApi } from "../session/session";
import { AttemptResult } from "./attempt-result";

/** What was sent last, and whether it arrived. */
export function NewestAttempt({ id }: { id: string }) {
  const api = useApi();
  const read = useQuery({
    queryKey: ["subscriptions", id, "attempts", "newest"],
    queryFn: () =>
      bodyOf(
        api.GET("/subscriptions/{subscription_id}/attempts", {
          params: { path: { subscription_id: id }, query: { limit: 1 } },
        }),
      ),
  });
  if (!read.data) return read.error ? "–" : "…";
  const [newest] = read.data.items;
  if (!newest) return "None in thirty days";
  return (
    <>
      <AttemptResult of={newest} />
      <Box variant="small" display="block">
        {instant(newest.at)} UTC
      </Box>
    </>
  );
}
