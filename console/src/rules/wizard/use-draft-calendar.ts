import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { bodyOf } from "../../api/client";
import { useSettled } from "../../parts/use-settled";
import { useApi } from "../../session/session";
import type { Schedule } from "./draft";

/** The calendar of a schedule that is being typed: asked for once nothing was typed for a moment. */
export function useDraftCalendar(schedule: Schedule, datasets: readonly string[]) {
  const api = useApi();
  const typed = JSON.stringify({ schedule, datasets });
  const asked = useSettled(typed);
  const isWhole = datasets.length > 0 && !unfinished(schedule);
  const found = useQuery({
    queryKey: ["calendar of a draft", asked],
    queryFn: () => bodyOf(api.POST("/rules/calendar", { params: { query: { count: 100 } }, body: JSON.parse(asked) })),
    enabled: isWhole,
    placeholderData: keepPreviousData,
    retry: false,
  });
  return {
    calendar: isWhole ? found.data : undefined,
    failure: found.error,
    loading: found.isFetching,
    /** Whether the calendar is still that of what was typed before. */
    isOld: isWhole && (asked !== typed || found.isPlaceholderData),
  };
}

function unfinished(schedule: Schedule): boolean {
  return schedule.frequency === "once" && !(schedule.first_day && schedule.last_day);
}
