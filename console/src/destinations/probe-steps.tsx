import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Steps from "@cloudscape-design/components/steps";
import type { StepView } from "../api/description";
import { kindOf } from "./kinds/kinds";
import { inWords } from "./kinds/wrong";
import { lasted, saidOf, signOf, titleOf } from "./steps";

/** A connection test, step by step, as far as it got. */
export function ProbeSteps({ kind, steps }: { kind: string; steps: readonly StepView[] }) {
  return (
    <Steps
      ariaLabel="Steps of the connection test"
      steps={steps.map((step) => ({
        status: signOf(step),
        statusIconAriaLabel: saidOf(step),
        header: (
          <>
            {titleOf(step)}{" "}
            {step.result !== "not_reached" && (
              <Box variant="span" color="text-body-secondary" fontSize="body-s">
                {lasted(step.milliseconds)}
              </Box>
            )}
          </>
        ),
        details: <Told kind={kind} step={step} />,
      }))}
    />
  );
}

function Told({ kind, step }: { kind: string; step: StepView }) {
  const known = kindOf(kind);
  const said = (text: string) => (text && known ? inWords(text, known) : text);
  const facts = Object.entries(step.facts);
  // What to do about a host key is asked above the steps, with buttons.
  const advice = step.step === "host_key" && step.facts.fingerprint ? "" : said(step.advice);
  if (step.result === "not_reached") return null;
  return (
    <SpaceBetween size="xxs">
      <Box color={step.result === "failed" ? "text-status-error" : "text-body-secondary"}>{said(step.message)}</Box>
      {advice && <Box>{advice}</Box>}
      {facts.length > 0 && (
        <Box color="text-body-secondary" fontSize="body-s">
          {facts.map(([name, value]) => (
            <div key={name}>
              {name.replaceAll("_", " ")}: <code>{value}</code>
            </div>
          ))}
        </Box>
      )}
    </SpaceBetween>
  );
}
