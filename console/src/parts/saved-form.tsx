import Button from "@cloudscape-design/components/button";
import Form from "@cloudscape-design/components/form";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import type { Problem } from "../api/problem";
import { Failed } from "./failed";
import { useFirstWrong } from "./first-wrong";

interface Props {
  readonly children: ReactNode;
  /** The verb on the button; null where nothing may be saved, only looked at. */
  readonly verb: string | null;
  readonly saving: boolean;
  /** Told to whoever hears the page, while it is saved. */
  readonly savingText?: string;
  /** Why it was not saved. The fields show their own errors; the first of them gets the focus. */
  readonly problem: Problem | null;
  /** Says the problem in place of the form's own words, which come only where no field has the error. */
  readonly refusal?: ReactNode;
  save(): void;
  cancel?: (() => void) | undefined;
}

/** A form that saves one thing. */
export function SavedForm({ children, verb, saving, savingText = "Saving", problem, refusal, save, cancel }: Props) {
  const form = useFirstWrong(problem);
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Form
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            {cancel && (
              <Button variant="link" formAction="none" onClick={cancel}>
                {verb ? "Cancel" : "Back"}
              </Button>
            )}
            {verb && (
              <Button variant="primary" formAction="submit" loading={saving} loadingText={savingText}>
                {verb}
              </Button>
            )}
          </SpaceBetween>
        }
      >
        <SpaceBetween size="l">
          {refusal ?? (problem && problem.errors.length === 0 && <Failed failure={problem} />)}
          {children}
        </SpaceBetween>
      </Form>
    </form>
  );
}
