import { type RefObject, useEffect, useRef } from "react";

/** Cloudscape marks no checkbox and no choice from a list as wrong: what surrounds those says `data-wrong`. */
const WRONG = "[aria-invalid='true'], [data-wrong='true'] :is(input, button)";

/** The ref of a form whose first wrong field gets the focus whenever `problem` becomes another one. */
export function useFirstWrong(problem: unknown): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (problem) form.current?.querySelector<HTMLElement>(WRONG)?.focus();
  }, [problem]);
  return form;
}
