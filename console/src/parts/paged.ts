import { type QueryKey, type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";

interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string;
}

export interface Paged<T> {
  readonly items: readonly T[];
  readonly loading: boolean;
  readonly failure: unknown;
  readonly more: boolean;
  readonly loadingMore: boolean;
  next(): void;
  again(): void;
}

/**
 * A list of the API's, page by page. `ask` gets the cursor of the page to read, undefined for the first. `every`: milliseconds
 * after which it is read anew, false where it is not.
 */
export function usePaged<T>(
  key: QueryKey,
  ask: (cursor: string | undefined) => Promise<Page<T>>,
  every: (items: readonly T[]) => number | false = () => false,
): Paged<T> {
  const found = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => ask(pageParam || undefined),
    initialPageParam: "",
    getNextPageParam: (last) => last.cursor || undefined,
    refetchInterval: ({ state }) => every(state.data?.pages.flatMap((page) => page.items) ?? []),
  });
  return pagedOf(found, found.data?.pages.flatMap((page) => page.items) ?? []);
}

/** What was asked for page by page, and what of it came, as a list is shown. */
export function pagedOf<T>(found: UseInfiniteQueryResult, items: readonly T[]): Paged<T> {
  return {
    items,
    loading: found.isPending,
    failure: found.error,
    more: found.hasNextPage,
    loadingMore: found.isFetchingNextPage,
    next: () => void found.fetchNextPage(),
    again: () => void found.refetch(),
  };
}
