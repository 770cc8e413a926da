import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import type { Entry } from "../api/description";
import { Copied } from "../parts/copied";
import { Details } from "../parts/details";
import { actionOf } from "./actions";
import { StageOf } from "./stage-of";
import { Things } from "./things";

export function EntryDetails({ entry, close }: { entry: Entry; close(): void }) {
  return (
    <Details title={`Entry ${entry.number}`} close={close}>
      <KeyValuePairs
        columns={2}
        items={[
          { label: "At (UTC)", value: entry.at },
          { label: "Stage", value: <StageOf entry={entry} /> },
          { label: "Action", value: actionOf(entry.action) },
          { label: "As a request", value: <code>{entry.action}</code> },
          { label: "Thing", value: <Things things={entry.things} whole /> },
          { label: "By", value: entry.by },
          { label: "Subject", value: entry.subject },
          { label: "Request", value: <Copied what="Request" text={entry.request} /> },
          { label: "Hash", value: <Copied what="Hash" text={entry.sha256} /> },
          { label: "Hash of the entry before", value: <Copied what="Hash before" text={entry.previous} /> },
        ]}
      />
    </Details>
  );
}
