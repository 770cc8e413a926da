import { useQuery } from "@tanstack/react-query";
import { taggedOf } from "../api/client";
import { useApi } from "../session/session";

export function useDestination(destinationId: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["destinations", destinationId],
    queryFn: () =>
      taggedOf(api.GET("/destinations/{destination_id}", { params: { path: { destination_id: destinationId } } })),
  });
}
