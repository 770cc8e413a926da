import { useAllRules } from "../rules/use-all-rules";

/** The names of the rules that the caller reaches, by their ids. */
export function useRuleNames(): ReadonlyMap<string, string> {
  return new Map((useAllRules() ?? []).map((one) => [one.rule_id, one.settings.name]));
}
