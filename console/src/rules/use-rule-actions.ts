import { useQueryClient } from "@tanstack/react-query";
import { bodyOf, once } from "../api/client";
import type { Missed, RuleView } from "../api/description";
import { useApi } from "../session/session";

/** What can be done with a rule; each but the last tells the lists that it changed. */
export function useRuleActions(rule: RuleView) {
  const api = useApi();
  const cache = useQueryClient();
  const path = { rule_id: rule.rule_id };
  const changed = () => cache.invalidateQueries({ queryKey: ["rules"] });
  const params = () => ({ path, header: once() });
  return {
    async run() {
      try {
        return await bodyOf(api.POST("/rules/{rule_id}/run", { params: params() }));
      } finally {
        // Also where it is refused: the window may be another run's by now, which the log then shows.
        await Promise.all([changed(), cache.invalidateQueries({ queryKey: ["runs"] })]);
      }
    },
    async amend() {
      const made = await bodyOf(api.POST("/rules/{rule_id}/amend", { params: params() }));
      await cache.invalidateQueries({ queryKey: ["runs"] });
      return made.items;
    },
    async deactivate() {
      await bodyOf(api.POST("/rules/{rule_id}/deactivate", { params: params() }));
      await changed();
    },
    async activate(missed?: Missed) {
      await bodyOf(api.POST("/rules/{rule_id}/activate", { params: params(), body: missed ? { missed } : {} }));
      await changed();
    },
    remove: () => api.DELETE("/rules/{rule_id}", { params: { path } }),
  };
}
