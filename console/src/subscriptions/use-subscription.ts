import { useQuery } from "@tanstack/react-query";
import { taggedOf } from "../api/client";
import { useApi } from "../session/session";

/** `every`: milliseconds after which it is read anew, false where it is not. */
export function useSubscription(id: string, every: number | false = false) {
  const api = useApi();
  return useQuery({
    queryKey: ["subscriptions", id],
    queryFn: () => taggedOf(api.GET("/subscriptions/{subscription_id}", { params: { path: { subscription_id: id } } })),
    refetchInterval: every,
  });
}
