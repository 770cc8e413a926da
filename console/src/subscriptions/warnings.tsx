import Alert from "@cloudscape-design/components/alert";
import type { SubscriptionView } from "../api/description";
import { inWords } from "./in-words";

/** What its owner should know, although nothing is wrong with its settings: such as that no mail is sent at all. */
export function Warnings({ of }: { of: SubscriptionView }) {
  return of.warnings.map((warning) => (
    <Alert key={warning} type="warning">
      {inWords(warning)}
    </Alert>
  ));
}
