import { useEffect } from "react";
import { bodyOf } from "../api/client";
import type { FileView, RunView } from "../api/description";
import { type Paged, usePaged } from "../parts/paged";
import { useApi } from "../session/session";
import { isGoingOn } from "./sentence";

const LIVE = 4_000;

/** A run's files, page by page, read anew while it goes on and once more at its end. */
export function useFiles(run: RunView): Paged<FileView> {
  const api = useApi();
  const goesOn = isGoingOn(run);
  const path = { run_id: run.run_id };
  const found = usePaged<FileView>(
    ["files", run.run_id, run.attempt],
    (cursor) => bodyOf(api.GET("/runs/{run_id}/files", { params: { path, query: cursor ? { cursor } : {} } })),
    () => goesOn && LIVE,
  );
  const { again } = found;
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once more when the run has ended, and then no more
  useEffect(() => {
    if (!goesOn) again();
  }, [goesOn]);
  return found;
}
