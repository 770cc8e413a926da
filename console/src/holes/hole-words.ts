import type { HoleView } from "../api/description";
import { words } from "../parts/words";

interface Words {
  readonly title: string;
  /** What it means for who waits for the rows. */
  readonly why: string;
  readonly todo: string;
  /** The page where that is done, and its name. */
  readonly at: readonly [place: string, name: string];
}

type About = (hole: Pick<HoleView, "rule_id" | "run_ids">) => Words;

const rule = (id: string, tab: string) => `/rules/${id}?tab=${tab}`;
const OPERATOR = "tell whoever operates Waybill the runs' ids";

const KINDS: Readonly<Record<string, About>> = {
  missing: ({ rule_id }) => ({
    title: "Never run",
    why: "The rule went on to later windows, and no run ever took this one. Its rows were not delivered.",
    todo: "Run the window under the rule's past windows.",
    at: [rule(rule_id, "past"), "Past windows"],
  }),
  overlap: ({ rule_id }) => ({
    title: "Run twice",
    why: "Two runs cover this time. Its rows may lie at the destination twice.",
    todo: `Take the files of one run alone, and ${OPERATOR}: this does not happen by itself.`,
    at: [rule(rule_id, "log"), "The rule's log"],
  }),
  strange: ({ rule_id }) => ({
    title: "Beside the schedule",
    why: "A run covers a time that is no window of the rule's schedule. Rows beside it may be missing, or come twice.",
    todo: `See in the rule's gaps whether every row is delivered, and ${OPERATOR}.`,
    at: [rule(rule_id, "gaps"), "Gaps"],
  }),
  unclaimed: ({ rule_id }) => ({
    title: "Due, and not begun",
    why: "The window is over and its rows are owed, but no run has begun.",
    todo: "Open the rule and run it now. If the hole is still here two hours later, tell whoever operates Waybill.",
    at: [rule(rule_id, "log"), "The rule"],
  }),
  stalled: ({ run_ids }) => ({
    title: "A run hangs",
    why: "A run should have begun, or ended, long ago. Until then its rows are not delivered.",
    todo: "Read the run's steps. One that did not begin is started again by itself; cancel one that does not end, and retry it.",
    at: [`/runs/${run_ids[0] ?? ""}`, "The run"],
  }),
  failed: ({ run_ids }) => ({
    title: "Not delivered",
    why: "The newest run of this window failed, or did not reach every destination, and none came after it.",
    todo: "Open the run, mend what it names, and retry it.",
    at: [`/runs/${run_ids[0] ?? ""}`, "The run"],
  }),
};

/** A hole in words; one of a kind that this page does not know is said as the API says it. */
export function holeWords(hole: HoleView): Words {
  const about = KINDS[hole.kind];
  if (about) return about(hole);
  return { title: words(hole.kind), why: hole.message, todo: "", at: [rule(hole.rule_id, "log"), "The rule"] };
}
