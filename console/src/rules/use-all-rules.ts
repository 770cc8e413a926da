import { useQuery } from "@tanstack/react-query";
import { bodyOf } from "../api/client";
import type { RuleView } from "../api/description";
import { useApi } from "../session/session";

/** All rules that the caller reaches; undefined while they are not known. */
export function useAllRules(): readonly RuleView[] | undefined {
  const api = useApi();
  return useQuery({
    queryKey: ["rules", "all"],
    queryFn: async () => {
      const found: RuleView[] = [];
      let cursor = "";
      do {
        const query = { limit: 200, ...(cursor ? { cursor } : {}) };
        const page = await bodyOf(api.GET("/rules", { params: { query } }));
        found.push(...page.items);
        cursor = page.cursor;
      } while (cursor);
      return found;
    },
  }).data;
}
