import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { CopiedText } from "../parts/copied-text";
import { Details } from "../parts/details";
import { cell, type Row } from "./cells";

interface Props {
  readonly row: Row;
  readonly titles: ReadonlyMap<string, string>;
  close(): void;
}

/** All of a row, also what the table leaves out. */
export function RowDetails({ row, titles, close }: Props) {
  const single = Object.entries(row).filter(([, value]) => typeof value !== "object" || value === null);
  return (
    <Details title="Row" close={close}>
      <SpaceBetween size="l">
        <KeyValuePairs
          columns={2}
          items={single.map(([name, value]) => ({ label: titles.get(name) ?? name, value: cell(value) }))}
        />
        <CopiedText what="Row as JSON" text={JSON.stringify(row, null, 2)} />
      </SpaceBetween>
    </Details>
  );
}
