import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table, { type TableProps } from "@cloudscape-design/components/table";
import { Failed } from "./failed";
import type { Paged } from "./paged";

type Rest<T> = Omit<TableProps<T>, "items" | "loading" | "loadingText" | "ariaLabels">;

interface Props<T> extends Rest<T> {
  /** What the table lists, in the plural: `rules`. */
  readonly what: string;
  readonly list: Paged<T>;
}

/** A list of the API's as a table: reads on at its end, and says in its place what could not be read. */
export function ListTable<T>({ what, list, ...table }: Props<T>) {
  return (
    <SpaceBetween size="s">
      {list.failure != null && <Failed failure={list.failure} again={list.again} />}
      <Table
        wrapLines
        {...table}
        items={[...list.items]}
        loading={list.loading}
        loadingText={`Loading ${what}…`}
        ariaLabels={{ tableLabel: what, selectionGroupLabel: `Choose ${what}` }}
      />
      {list.more && (
        <Box textAlign="center">
          <Button onClick={list.next} loading={list.loadingMore}>
            Show more {what}
          </Button>
        </Box>
      )}
    </SpaceBetween>
  );
}
