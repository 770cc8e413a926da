import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { bodyOf } from "../../api/client";
import { useApi } from "../../session/session";
import type { Schedule } from "./draft";

const TYPED = 400;

/** The calendar of a schedule that is being typed: asked for once nothing was typed for a moment. */
export function useDraftCalendar(schedule: Schedule, datasets: readonly string[]) {
  const api = useApi();
  const asked = useSettled(JSON.stringify({ schedule, datasets }));
  return useQuery({
    queryKey: ["calendar of a draft", asked],
    queryFn: () => bodyOf(api.POST("/rules/calendar", { params: { query: { count: 12 } }, body: JSON.parse(asked) })),
    enabled: datasets.length > 0 && !unfinished(schedule),
    placeholderData: keepPreviousData,
    retry: false,
  });
}

function unfinished(schedule: Schedule): boolean {
  return schedule.frequency === "once" && !(schedule.first_day && schedule.last_day);
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), TYPED);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
