import { sentence } from "../parts/sentence";

const SAID: readonly [RegExp, string][] = [
  [/, or subscribe a webhook with POST \/subscriptions\./, ", or make a webhook."],
  [/: POST \/subscriptions\/\w+\/secret\./, ": choose Renew secret."],
  [/; see GET \/rules/, ". It may be deleted; leave it out"],
];

/** A sentence of the API's about a subscription, with what to do here in the place of what a program does. */
export function inWords(message: string): string {
  return sentence(SAID.reduce((said, [api, here]) => said.replace(api, here), message));
}
