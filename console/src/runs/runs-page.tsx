import { useQuery } from "@tanstack/react-query";
import { bodyOf } from "../api/client";
import { Empty } from "../parts/empty";
import { Link } from "../parts/link";
import { ownZone } from "../rules/zoned";
import { useApi } from "../session/session";
import { RunsTable } from "./runs-table";

/** The runs of all rules, newest first. */
export function RunsPage() {
  const api = useApi();
  const rules = useQuery({
    queryKey: ["rules", "zones"],
    queryFn: () => bodyOf(api.GET("/rules", { params: { query: { limit: 200 } } })),
    staleTime: 60_000,
  }).data;
  return (
    <RunsTable
      queryKey={["runs"]}
      ask={(query) => bodyOf(api.GET("/runs", { params: { query: { ...query, limit: 50 } } }))}
      zone={ownZone()}
      zoneOf={(id) => rules?.items.find((one) => one.rule_id === id)?.settings.schedule.zone}
      ofRules
      title="Runs"
      variant="h1"
      empty={
        <Empty title="No runs yet">
          A rule runs when its first window is over, or when you run it by hand. See the <Link to="/rules">rules</Link>.
        </Empty>
      }
    />
  );
}
