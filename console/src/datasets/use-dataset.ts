import { useQuery } from "@tanstack/react-query";
import { taggedOf } from "../api/client";
import { useApi } from "../session/session";

/** A dataset with what its newest objects hold; nothing is asked for where `name` is empty. */
export function useDataset(name: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["datasets", "one", name],
    queryFn: () => taggedOf(api.GET("/datasets/{name}", { params: { path: { name } } })),
    enabled: name !== "",
  });
}
