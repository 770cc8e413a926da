import { skipToken, useInfiniteQuery } from "@tanstack/react-query";
import { bodyOf } from "../api/client";
import { type Paged, pagedOf } from "../parts/paged";
import { useApi } from "../session/session";
import type { Row } from "./cells";
import { type Asked, requestOf } from "./question";

const AT_ONCE = 50;

export interface Found extends Paged<Row> {
  /** Lines that nobody could read, of what was read so far. */
  readonly rejected: number;
}

/** The rows of a question, page by page; nothing is asked for where there is none. */
export function useSearch(asked: Asked | undefined): Found {
  const api = useApi();
  const found = useInfiniteQuery({
    queryKey: ["search", asked],
    queryFn: asked
      ? ({ pageParam: cursor }: { pageParam: string }) =>
          bodyOf(
            api.POST("/datasets/{name}/search", {
              params: { path: { name: asked.dataset } },
              body: { ...requestOf(asked), cursor, limit: AT_ONCE },
            }),
          )
      : skipToken,
    initialPageParam: "",
    getNextPageParam: (last) => last.cursor || undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const pages = found.data?.pages ?? [];
  return {
    ...pagedOf(
      found,
      pages.flatMap((page) => page.rows),
    ),
    rejected: pages.reduce((sum, page) => sum + page.rejected, 0),
  };
}
