import { useQuery } from "@tanstack/react-query";
import { type Api, bodyOf } from "../api/client";
import type { Dataset, DestinationView } from "../api/description";
import { useApi } from "../session/session";

/** All of the tenant's destinations that the caller reaches. */
export function useDestinations() {
  const api = useApi();
  return useQuery({ queryKey: ["destinations", "all"], queryFn: () => everyDestination(api) });
}

async function everyDestination(api: Api): Promise<DestinationView[]> {
  const found: DestinationView[] = [];
  let cursor = "";
  do {
    const page = await bodyOf(api.GET("/destinations", { params: { query: { limit: 200, cursor } } }));
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor);
  return found;
}

/** The catalogue and the tenant's own datasets, by title. */
export function useDatasets() {
  const api = useApi();
  return useQuery({ queryKey: ["datasets", "all"], queryFn: () => everyDataset(api), staleTime: 60_000 });
}

async function everyDataset(api: Api): Promise<Dataset[]> {
  const found: Dataset[] = [];
  let cursor = "";
  do {
    const page = await bodyOf(api.GET("/datasets", { params: { query: { limit: 200, cursor } } }));
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor);
  return found.sort((one, other) => one.title.localeCompare(other.title, "en"));
}
