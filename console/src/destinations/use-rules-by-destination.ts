import { useQuery } from "@tanstack/react-query";
import { bodyOf } from "../api/client";
import type { RuleView } from "../api/description";
import { useApi } from "../session/session";

/** All rules by the destinations that they name; undefined while it is not known. */
export function useRulesByDestination(): ReadonlyMap<string, readonly RuleView[]> | undefined {
  const api = useApi();
  return useQuery({
    queryKey: ["rules", "by destination"],
    queryFn: async () => {
      const found = new Map<string, RuleView[]>();
      let cursor = "";
      do {
        const page = await bodyOf(
          api.GET("/rules", { params: { query: { limit: 200, ...(cursor ? { cursor } : {}) } } }),
        );
        for (const rule of page.items)
          for (const id of rule.settings.destinations) found.set(id, [...(found.get(id) ?? []), rule]);
        cursor = page.cursor;
      } while (cursor);
      return found;
    },
  }).data;
}
