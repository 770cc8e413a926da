import { useMutation, useQueryClient } from "@tanstack/react-query";
import { taggedOf } from "../api/client";
import type { SubscriptionView } from "../api/description";
import { useNotices } from "../frame/notices";
import { useApi } from "../session/session";
import { draftOf, requestOf } from "./draft";

/** Lets events be sent again, with the settings as they are now. */
export function useEnable() {
  const api = useApi();
  const notices = useNotices();
  const answers = useQueryClient();
  return useMutation({
    mutationFn: async ({ subscription_id }: SubscriptionView) => {
      const path = { subscription_id };
      const { body, etag } = await taggedOf(api.GET("/subscriptions/{subscription_id}", { params: { path } }));
      await api.PUT("/subscriptions/{subscription_id}", {
        params: { path, header: { "If-Match": etag } },
        body: requestOf(draftOf(body)),
      });
      return body;
    },
    onSuccess: async ({ name }) => {
      await answers.invalidateQueries({ queryKey: ["subscriptions"] });
      notices.done(`${name} is active again.`);
    },
    onError: notices.failed,
  });
}
