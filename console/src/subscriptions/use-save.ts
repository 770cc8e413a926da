import { useMutation, useQueryClient } from "@tanstack/react-query";
import { bodyOf, type once, type Tagged } from "../api/client";
import type { NewSubscriptionView, SubscriptionView } from "../api/description";
import { Problem } from "../api/problem";
import { useApi } from "../session/session";
import { type Draft, incomplete, requestOf } from "./draft";

export interface Filled {
  readonly draft: Draft;
  /** Of this way of filling the form: pressed twice, it is made once. */
  readonly key: ReturnType<typeof once>;
}

/** Makes a subscription, or gives `before` other settings. `secret` is a new webhook's. */
export function useSave(
  before: Tagged<SubscriptionView> | undefined,
  onSaved: (saved: SubscriptionView, secret: string | null) => void,
) {
  const api = useApi();
  const answers = useQueryClient();
  return useMutation({
    mutationFn: async ({ draft, key }: Filled): Promise<NewSubscriptionView> => {
      const lacks = incomplete(draft);
      if (lacks.length > 0) throw new Problem(422, "Some fields are not complete.", lacks);
      const body = requestOf(draft);
      if (!before) return bodyOf(api.POST("/subscriptions", { params: { header: key }, body }));
      const path = { subscription_id: before.body.subscription_id };
      const params = { path, header: { "If-Match": before.etag } };
      return { ...(await bodyOf(api.PUT("/subscriptions/{subscription_id}", { params, body }))), secret: null };
    },
    onSuccess: ({ secret, ...saved }) => {
      void answers.invalidateQueries({ queryKey: ["subscriptions"] });
      onSaved(saved, secret);
    },
  });
}
