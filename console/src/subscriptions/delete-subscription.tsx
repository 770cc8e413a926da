import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { SubscriptionView } from "../api/description";
import { useNotices } from "../frame/notices";
import { Confirm } from "../parts/confirm";
import { useApi } from "../session/session";

export function DeleteSubscription({ of: one, close }: { of: SubscriptionView; close(): void }) {
  const api = useApi();
  const navigate = useNavigate();
  const notices = useNotices();
  const answers = useQueryClient();
  return (
    <Confirm
      title={`Delete ${one.name}?`}
      verb="Delete"
      close={close}
      act={async () => {
        await api.DELETE("/subscriptions/{subscription_id}", {
          params: { path: { subscription_id: one.subscription_id } },
        });
        notices.done(`${one.name} is deleted.`);
        navigate("/subscriptions");
        answers.removeQueries({ queryKey: ["subscriptions", one.subscription_id] });
        await answers.invalidateQueries({ queryKey: ["subscriptions"] });
      }}
    >
      What waits to be sent is dropped{one.target.kind === "webhook" && ", and its secret goes with it"}. This cannot be
      undone.
    </Confirm>
  );
}
