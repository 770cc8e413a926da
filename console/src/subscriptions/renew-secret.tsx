import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf, once } from "../api/client";
import type { SecretView, SubscriptionView } from "../api/description";
import { Confirm } from "../parts/confirm";
import { PickOne } from "../parts/pick-one";
import { useApi } from "../session/session";

const OVERLAPS = [
  { value: "0", label: "At once" },
  { value: "1", label: "In an hour" },
  { value: "24", label: "In a day" },
  { value: "168", label: "In a week" },
] as const;

type Overlap = (typeof OVERLAPS)[number]["value"];

interface Props {
  readonly of: SubscriptionView;
  close(): void;
  onRenewed(made: SecretView): void;
}

/** A new secret; the old one signs beside it for a while, so that the receiver can be changed in between. */
export function RenewSecret({ of: one, close, onRenewed }: Props) {
  const api = useApi();
  const answers = useQueryClient();
  const [overlap, setOverlap] = useState<Overlap>("24");
  const [header] = useState(once);
  return (
    <Confirm
      title={`Renew the secret of ${one.name}?`}
      verb="Renew"
      close={close}
      act={async () => {
        const made = await bodyOf(
          api.POST("/subscriptions/{subscription_id}/secret", {
            params: { path: { subscription_id: one.subscription_id }, header },
            body: { overlap_hours: Number(overlap) },
          }),
        );
        onRenewed(made);
        void answers.invalidateQueries({ queryKey: ["subscriptions", one.subscription_id] });
      }}
    >
      <div>The new secret is shown once. Have the place ready where you keep it.</div>
      <PickOne<Overlap>
        label="The old secret ends"
        description="Until then each webhook is signed with both. A secret that is older still ends at once."
        value={overlap}
        options={OVERLAPS}
        onChange={setOverlap}
      />
    </Confirm>
  );
}
