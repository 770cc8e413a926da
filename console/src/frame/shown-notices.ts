/** A sentence for whoever looks at one page; `place` is that page's path. */
export interface Notice {
  readonly id: string;
  readonly type: "success" | "error";
  readonly content: string;
  readonly place: string;
}

const MOST = 5;

/** The newest first; no more than fit above a page. */
export function withNotice(shown: readonly Notice[], notice: Notice): readonly Notice[] {
  return [notice, ...shown].slice(0, MOST);
}

/** What is still to be said once another page is shown: what belongs to that one. */
export function stillShown(shown: readonly Notice[], place: string): readonly Notice[] {
  return shown.every((one) => one.place === place) ? shown : shown.filter((one) => one.place === place);
}
