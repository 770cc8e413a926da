import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Wizard from "@cloudscape-design/components/wizard";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Dataset } from "../../api/description";
import { asProblem, Problem } from "../../api/problem";
import { useApi } from "../../session/session";
import { checkFilters } from "./check-filters";
import { DataStep } from "./data-step";
import { DestinationStep } from "./destination-step";
import { type Draft, hasControl, STEPS, stepOf, wrongIn } from "./draft";
import type { Drafting } from "./drafting";
import { FrequencyStep } from "./frequency-step";
import { ReviewStep } from "./review-step";
import { ShapeStep } from "./shape-step";
import { useDraft } from "./use-draft";

interface Props {
  /** Where this draft is kept while its page is left, such as `new` or a rule's id. */
  readonly place: string;
  readonly initial: Draft;
  readonly datasets: readonly Dataset[];
  readonly keepsPassword: boolean;
  readonly submit: string;
  /** Saves; a Problem with fields leads back to their step, with everything as it was typed. */
  save(draft: Draft): Promise<void>;
  cancel(): void;
}

/** The steps from data to review. A step that is left is checked; what the API refuses is shown where it is set. */
export function RuleWizard({ place, initial, datasets, keepsPassword, submit, save, cancel }: Props) {
  const api = useApi();
  const { draft, step, found, change, toStep, forget, anew } = useDraft(place, initial);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [strict, setStrict] = useState(false);
  const [asking, setAsking] = useState(false);
  const focusWrong = useFocusOnWrong(problem);

  function show(said: Problem) {
    const first = said.errors.map((one) => stepOf(one.field)).sort((one, other) => one - other)[0];
    if (first !== undefined) toStep(first);
    setStrict(true);
    setProblem(said);
    focusWrong();
  }

  /** Whether the steps from this one up to `target` may be left. */
  async function left(target: number): Promise<boolean> {
    for (let at = step; at < target; at++) {
      const wrong = wrongIn(at, draft, datasets, keepsPassword);
      if (wrong.length === 0 && at === 0) wrong.push(...(await checkFilters(api, draft)));
      if (wrong.length > 0) {
        show(new Problem(422, "", wrong));
        return false;
      }
    }
    return true;
  }

  async function navigate(target: number) {
    setAsking(true);
    try {
      if (target < step || (await left(target))) {
        setProblem(null);
        setStrict(false);
        toStep(target);
        scrollTo(0, 0);
      }
    } catch (failure) {
      setProblem(asProblem(failure));
    } finally {
      setAsking(false);
    }
  }

  async function finish() {
    setAsking(true);
    setProblem(null);
    try {
      await save(draft);
      forget();
    } catch (failure) {
      show(asProblem(failure));
    } finally {
      setAsking(false);
    }
  }

  const drafting: Drafting = {
    draft,
    datasets,
    strict,
    keepsPassword,
    change: (part) => {
      change(part);
      setProblem((before) => before && without(before, Object.keys(part)));
    },
    wrong: (path) => problem?.of(path),
  };
  const contents: Record<(typeof STEPS)[number], ReactNode> = {
    Data: <DataStep {...drafting} />,
    Frequency: <FrequencyStep {...drafting} />,
    Shape: <ShapeStep {...drafting} />,
    Destination: <DestinationStep {...drafting} />,
    Review: <ReviewStep {...drafting} toStep={(to) => void navigate(to)} />,
  };
  return (
    <SpaceBetween size="s">
      {found && (
        <Alert type="info" action={<Button onClick={anew}>Start anew</Button>}>
          This is your draft as you left it.
        </Alert>
      )}
      <Wizard
        activeStepIndex={step}
        isLoadingNextStep={asking}
        submitButtonText={submit}
        i18nStrings={{
          stepNumberLabel: (number) => `Step ${number}`,
          collapsedStepsLabel: (number, all) => `Step ${number} of ${all}`,
          skipToButtonLabel: (to) => `Skip to ${to.title}`,
          navigationAriaLabel: "Steps",
          cancelButton: "Cancel",
          previousButton: "Previous",
          nextButton: "Next",
          optional: "optional",
          errorIconAriaLabel: "Error",
          nextButtonLoadingAnnouncement: "Checking this step",
          submitButtonLoadingAnnouncement: "Saving the rule",
        }}
        onNavigate={({ detail }) => void navigate(detail.requestedStepIndex)}
        onCancel={() => {
          forget();
          cancel();
        }}
        onSubmit={() => void finish()}
        steps={STEPS.map((title, n) => ({
          title,
          content: contents[title],
          errorText: n === step ? summary(problem, n) : undefined,
        }))}
      />
    </SpaceBetween>
  );
}

/** What no control of the step shows; where all is shown, how much there is to mend. */
function summary(problem: Problem | null, step: number): ReactNode {
  if (!problem) return undefined;
  if (problem.errors.length === 0) return problem.message;
  const here = problem.errors.filter((one) => stepOf(one.field) === step);
  const unseen = here.filter((one) => !hasControl(one.field)).map((one) => `${one.field}: ${one.message}`);
  const seen = here.length - unseen.length;
  const marked =
    seen > 0 ? [seen === 1 ? "One entry below needs another value." : `${seen} entries below need another value.`] : [];
  return [...marked, ...unseen].join(" ") || undefined;
}

/** What was said of a setting is forgotten once it changes. */
function without(problem: Problem, changed: readonly string[]): Problem | null {
  const rest = problem.errors.filter((one) => !changed.includes(one.field.split(/[.[]/, 1)[0] ?? ""));
  return rest.length > 0 ? new Problem(problem.status, problem.message, rest) : null;
}

/** Leads the keyboard to the first control that is wrong, once it is drawn. */
function useFocusOnWrong(problem: Problem | null): () => void {
  const wanted = useRef(false);
  useEffect(() => {
    if (!problem || !wanted.current) return;
    wanted.current = false;
    const frame = requestAnimationFrame(() => {
      const control = document.querySelector<HTMLElement>("main [aria-invalid=true], [aria-invalid=true]");
      control?.focus();
      control?.scrollIntoView({ block: "center" });
    });
    return () => cancelAnimationFrame(frame);
  }, [problem]);
  return () => {
    wanted.current = true;
  };
}
