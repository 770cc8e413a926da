import type { SubscriptionView } from "../api/description";
import { Delete } from "../parts/delete";
import { useApi } from "../session/session";

export function DeleteSubscription({ of: one, close }: { of: SubscriptionView; close(): void }) {
  const api = useApi();
  const path = { subscription_id: one.subscription_id };
  return (
    <Delete
      name={one.name}
      list="subscriptions"
      remove={() => api.DELETE("/subscriptions/{subscription_id}", { params: { path } })}
      close={close}
    >
      What waits to be sent is dropped{one.target.kind === "webhook" && ", and its secret goes with it"}. This cannot be
      undone.
    </Delete>
  );
}
