import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { Draft } from "./draft";

interface Kept {
  readonly draft: Draft;
  readonly step: number;
}

/**
 * A draft that outlives its page: whoever leaves to make a destination finds it again as it was, with the step. It lies in the
 * caller's own cache, never in storage, and goes with the session.
 */
export function useDraft(place: string, initial: Draft) {
  const cache = useQueryClient();
  const key = ["draft of a rule", place];
  cache.setQueryDefaults(["draft of a rule"], { gcTime: Number.POSITIVE_INFINITY });
  const [kept, setKept] = useState<Kept | undefined>(() => cache.getQueryData<Kept>(key));
  const [now, setNow] = useState<Kept>(kept ?? { draft: initial, step: 0 });
  const put = useCallback(
    (change: (before: Kept) => Kept) =>
      setNow((before) => {
        const after = change(before);
        cache.setQueryData(["draft of a rule", place], after);
        return after;
      }),
    [cache, place],
  );
  return {
    ...now,
    /** Whether it is one that was left before. */
    found: kept !== undefined,
    change: useCallback((part: Partial<Draft>) => put((k) => ({ ...k, draft: { ...k.draft, ...part } })), [put]),
    toStep: useCallback((step: number) => put((k) => ({ ...k, step })), [put]),
    forget: () => cache.removeQueries({ queryKey: key }),
    anew: () => {
      setKept(undefined);
      put(() => ({ draft: initial, step: 0 }));
      cache.removeQueries({ queryKey: key });
    },
  };
}
