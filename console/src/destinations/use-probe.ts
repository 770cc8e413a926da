import { useMutation, useQueryClient } from "@tanstack/react-query";
import { bodyOf } from "../api/client";
import type { DestinationView, ProbeRequest } from "../api/description";
import { useApi } from "../session/session";

/** Tests a saved destination again, maybe confirming its host key or insisting on it. All that shows it is read anew. */
export function useProbe(destinationId: string, onProbed?: (probed: DestinationView) => void) {
  const api = useApi();
  const answers = useQueryClient();
  return useMutation({
    mutationFn: (body: Partial<ProbeRequest>) =>
      bodyOf(
        api.POST("/destinations/{destination_id}/probe", {
          params: { path: { destination_id: destinationId } },
          body: { force: false, ...body },
        }),
      ),
    onSuccess: (probed) => {
      void answers.invalidateQueries({ queryKey: ["destinations"] });
      onProbed?.(probed);
    },
  });
}
