import { type RefObject, useEffect, useRef } from "react";

/** The ref of a form whose first wrong field gets the focus whenever `problem` becomes another one. */
export function useFirstWrong(problem: unknown): RefObject<HTMLFormElement | null> {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (problem) form.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
  }, [problem]);
  return form;
}
