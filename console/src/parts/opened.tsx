import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Failed } from "./failed";
import { Waiting } from "./waiting";

interface Props<T> {
  readonly read: UseQueryResult<T>;
  /** What is waited for: `the destination`. */
  readonly what: string;
  children(opened: T): ReactNode;
}

/**
 * What a form changes, as it was when the form opened: what is read anew meanwhile must not overwrite what somebody types.
 * An answer of before is not opened, since to save it would be refused.
 */
export function Opened<T>({ read, what, children }: Props<T>) {
  const now = read.isStale && !read.isFetchedAfterMount ? undefined : read.data;
  const [opened, setOpened] = useState(now);
  if (now !== undefined && opened === undefined) setOpened(() => now);
  if (opened !== undefined) return children(opened);
  if (read.error) return <Failed failure={read.error} again={() => void read.refetch()} />;
  return <Waiting what={what} />;
}
