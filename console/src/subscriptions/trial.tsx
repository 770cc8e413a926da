import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { bodyOf } from "../api/client";
import type { AttemptView, SubscriptionView } from "../api/description";
import { Failed } from "../parts/failed";
import { instant } from "../parts/words";
import { useApi } from "../session/session";
import { inWords } from "./in-words";

/** Sends a test now, and says what happened, receiver by receiver. */
export function Trial({ of: one }: { of: SubscriptionView }) {
  const api = useApi();
  const answers = useQueryClient();
  const params = { path: { subscription_id: one.subscription_id } };
  const trial = useMutation({
    mutationFn: () => bodyOf(api.POST("/subscriptions/{subscription_id}/test", { params })),
    onSettled: () => answers.invalidateQueries({ queryKey: ["subscriptions", one.subscription_id, "attempts"] }),
  });
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="An event of the type test goes to each receiver, once. Nothing else changes by it."
          actions={
            <Button onClick={() => trial.mutate()} loading={trial.isPending}>
              Send a test now
            </Button>
          }
        >
          Test
        </Header>
      }
    >
      <div aria-live="polite">
        {trial.error && !trial.isPending && <Failed failure={trial.error} />}
        {trial.data && !trial.isPending && (
          <SpaceBetween size="s">
            {trial.data.attempts.map((attempt) => (
              <Told key={attempt.notice_id} attempt={attempt} />
            ))}
          </SpaceBetween>
        )}
        {trial.isPending && "Sending…"}
        {trial.isIdle && "Not tried since this page was opened."}
      </div>
    </Container>
  );
}

function Told({ attempt }: { attempt: AttemptView }) {
  const arrived = attempt.result === "delivered";
  return (
    <Alert
      type={arrived ? "success" : "error"}
      header={`${attempt.to ? `${attempt.to}: ` : ""}${arrived ? "The test was delivered" : "The test failed"}`}
    >
      {inWords(attempt.message)} {attempt.status !== null && `HTTP status ${attempt.status}. `}
      {instant(attempt.at)} UTC.
    </Alert>
  );
}
