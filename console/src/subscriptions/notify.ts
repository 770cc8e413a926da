import type { Notify } from "../api/description";
import { EMPTY } from "./draft";
import { OUTCOMES } from "./events";

/** What a rule's mails are at first: after each run, with the words that the API takes where nothing is said. */
export const FIRST_NOTIFY: Notify = { ...EMPTY.mail, on: OUTCOMES.map((one) => one.id) };
