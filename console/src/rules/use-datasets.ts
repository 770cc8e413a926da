import { useQuery } from "@tanstack/react-query";
import { bodyOf } from "../api/client";
import type { Dataset } from "../api/description";
import { everyOf } from "../parts/every";
import { useApi } from "../session/session";

/** The catalogue and the tenant's own datasets, by title. */
export function useDatasets() {
  const api = useApi();
  return useQuery({
    queryKey: ["datasets", "all"],
    queryFn: async () => {
      const found = await everyOf<Dataset>((cursor) =>
        bodyOf(api.GET("/datasets", { params: { query: { limit: 200, cursor } } })),
      );
      return found.sort((one, other) => one.title.localeCompare(other.title, "en"));
    },
    staleTime: 60_000,
  });
}
