import SpaceBetween from "@cloudscape-design/components/space-between";
import Toggle from "@cloudscape-design/components/toggle";
import { useRef } from "react";
import type { Notify } from "../api/description";
import { Choices } from "./choices";
import { OUTCOMES } from "./events";
import { MailFields } from "./mail-fields";
import { FIRST_NOTIFY } from "./notify";

interface Props {
  /** A rule's `notify`; null where it mails nobody. */
  readonly value: Notify | null;
  onChange(value: Notify | null): void;
  /** What is wrong with a field of it: `addresses`, `addresses.0`, `subject`, `message`, `on`. */
  errorOf(field: string): string | undefined;
}

/** Whom a rule mails after its runs, with which words, and after which. */
export function NotifyForm({ value, onChange, errorOf }: Props) {
  // What was filled in is there again when it is switched on again.
  const last = useRef(value ?? FIRST_NOTIFY);
  const change = (part: Partial<Notify>) => {
    last.current = { ...last.current, ...part };
    onChange(last.current);
  };
  if (value) last.current = value;
  return (
    <SpaceBetween size="l">
      <Toggle checked={value !== null} onChange={({ detail }) => onChange(detail.checked ? last.current : null)}>
        Tell people by mail
      </Toggle>
      {value && (
        <SpaceBetween size="l">
          <MailFields value={value} onChange={change} errorOf={errorOf} />
          <Choices
            label="When"
            description="After a run, where"
            options={OUTCOMES}
            chosen={value.on}
            error={errorOf("on")}
            onChange={(on) => change({ on })}
          />
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}
