import SpaceBetween from "@cloudscape-design/components/space-between";
import { SettingsTold } from "../settings-told";
import { told } from "../settings-words";
import { useDestinations } from "../use-destinations";
import type { Drafting } from "./drafting";
import { Preview } from "./preview";

/** All of it in words, and what it would deliver. */
export function ReviewStep({ draft, toStep }: Drafting & { toStep: (step: number) => void }) {
  const destinations = useDestinations().data ?? [];
  return (
    <SpaceBetween size="l">
      <SettingsTold parts={told(draft, destinations)} onEdit={toStep} />
      <Preview draft={draft} />
    </SpaceBetween>
  );
}
