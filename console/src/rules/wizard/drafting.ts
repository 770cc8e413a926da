import type { Dataset } from "../../api/description";
import type { Draft } from "./draft";

/** What every step of the wizard is given. */
export interface Drafting {
  readonly draft: Draft;
  readonly datasets: readonly Dataset[];
  /** Whether somebody tried to go on, so that what is missing is said. */
  readonly strict: boolean;
  /** The rule has an archive password that is kept where none is entered. */
  readonly keepsPassword: boolean;
  change(part: Partial<Draft>): void;
  /** What is wrong with a setting or something inside of it, for its control. */
  wrong(path: string): string | undefined;
}
