import { useQuery } from "@tanstack/react-query";
import { bodyOf } from "../api/client";
import type { DestinationView } from "../api/description";
import { everyOf } from "../parts/every";
import { useApi } from "../session/session";

/** All of the tenant's destinations that the caller reaches. */
export function useDestinations() {
  const api = useApi();
  return useQuery({
    queryKey: ["destinations", "all"],
    queryFn: () =>
      everyOf<DestinationView>((cursor) =>
        bodyOf(api.GET("/destinations", { params: { query: { limit: 200, cursor } } })),
      ),
    staleTime: 0, // a page that is opened knows a destination that was made a moment ago, wherever it was
  });
}

/** The names of destinations by their ids; the id itself where there is no such destination any more. */
export function useDestinationNames(): (id: string) => string {
  const found = useDestinations();
  return (id) => found.data?.find((one) => one.destination_id === id)?.name ?? (found.isPending ? "…" : id);
}
