import SpaceBetween from "@cloudscape-design/components/space-between";
import type { Problem } from "../../api/problem";
import { SettingsTold } from "../settings-told";
import { told } from "../settings-words";
import { useDestinationNames } from "../use-destinations";
import type { Drafting } from "./drafting";
import { Preview } from "./preview";
import { SaveTemplate } from "./save-template";

interface Props extends Drafting {
  toStep(step: number): void;
  /** Leads to what a problem names. */
  mend(problem: Problem): void;
}

/** All of it in words, and what it would deliver. */
export function ReviewStep({ draft, toStep, mend }: Props) {
  const nameOf = useDestinationNames();
  return (
    <SpaceBetween size="l">
      <SettingsTold parts={told(draft, nameOf)} onEdit={toStep} />
      <SaveTemplate draft={draft} />
      <Preview draft={draft} mend={mend} />
    </SpaceBetween>
  );
}
