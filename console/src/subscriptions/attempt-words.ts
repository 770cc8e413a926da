import type { AttemptView } from "../api/description";

interface Said {
  readonly type: "success" | "pending" | "error";
  readonly word: string;
}

export function resultOf({ result, event }: Pick<AttemptView, "result" | "event">): Said {
  if (result === "delivered") return { type: "success", word: "Delivered" };
  if (result === "retried") return { type: "pending", word: "Failed, tried again" };
  // A test is sent once, so nobody gave up.
  return { type: "error", word: event === "test" ? "Failed" : "Given up" };
}

const SOONEST = 2_000;
const LATEST = 60_000;
/** So long after it was due, an attempt does not follow any more: what it was for is gone or disabled. */
const FORGOTTEN = 600_000;

/** In how many milliseconds to look again, false where nothing is under way. `attempts` are the newest first. */
export function nextLook(
  attempts: readonly Pick<AttemptView, "notice_id" | "result" | "next_at">[],
  now: number,
): number | false {
  const latest = new Map(attempts.toReversed().map((one) => [one.notice_id, one]));
  const due = [...latest.values()]
    .filter((one) => one.result === "retried" && one.next_at)
    .map((one) => Date.parse(one.next_at ?? "") - now)
    .filter((left) => left > -FORGOTTEN);
  return due.length > 0 ? Math.min(Math.max(Math.min(...due), SOONEST), LATEST) : false;
}
