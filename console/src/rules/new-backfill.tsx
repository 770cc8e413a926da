import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf, once } from "../api/client";
import type { Only, Order, RuleView } from "../api/description";
import { Problem } from "../api/problem";
import { useNotices } from "../frame/notices";
import { Confirm } from "../parts/confirm";
import { DayField } from "../parts/day-field";
import { EnterNumber } from "../parts/enter-text";
import { type Option, PickOne } from "../parts/pick-one";
import { many } from "../parts/words";
import { useApi } from "../session/session";
import { instantAt } from "./zoned";

const ONLY: readonly Option<Only>[] = [
  { value: "missing", label: "Those that were not delivered" },
  { value: "all", label: "All of them, once more" },
];
const ORDERS: readonly Option<Order>[] = [
  { value: "oldest_first", label: "Oldest first" },
  { value: "newest_first", label: "Newest first" },
];

/** Asks for past windows of a rule. */
export function NewBackfill({ rule, close }: { rule: RuleView; close: () => void }) {
  const api = useApi();
  const cache = useQueryClient();
  const notices = useNotices();
  const { zone } = rule.settings.schedule;
  const [first, setFirst] = useState("");
  const [end, setEnd] = useState("");
  const [only, setOnly] = useState<Only>("missing");
  const [order, setOrder] = useState<Order>("oldest_first");
  const [atOnce, setAtOnce] = useState<number | null>(1);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [sent] = useState(once);
  const from = instantAt(first, "00:00", zone);
  const to = instantAt(end, "00:00", zone);

  async function make() {
    setProblem(null);
    try {
      const params = { path: { rule_id: rule.rule_id }, header: sent };
      const body = { from: from ?? "", to: to ?? "", only, order, at_once: atOnce ?? 0 };
      const made = await bodyOf(api.POST("/rules/{rule_id}/backfills", { params, body }));
      notices.done(`${many(made.total, "past window")} will be run. ${made.message}`.trim());
      await cache.invalidateQueries({ queryKey: ["backfills", rule.rule_id] });
    } catch (failure) {
      if (failure instanceof Problem) setProblem(failure);
      throw failure;
    }
  }

  return (
    <Confirm title="Run past windows" verb="Run them" act={make} close={close} disabled={!from || !to}>
      <DayField
        label={`From the start of, ${zone}`}
        description="Windows that lie wholly in the span are run."
        value={first}
        error={problem?.of("from")}
        onChange={setFirst}
      />
      <DayField label="Up to the start of" value={end} error={problem?.of("to")} onChange={setEnd} />
      <PickOne
        label="Which windows"
        value={only}
        options={ONLY}
        onChange={(one) => setOnly(one)}
        error={problem?.of("only")}
      />
      <PickOne
        label="Order"
        value={order}
        options={ORDERS}
        onChange={(one) => setOrder(one)}
        error={problem?.of("order")}
      />
      <EnterNumber
        label="Runs at one time"
        constraint="1 to 5"
        value={atOnce}
        error={problem?.of("at_once")}
        onChange={setAtOnce}
      />
    </Confirm>
  );
}
