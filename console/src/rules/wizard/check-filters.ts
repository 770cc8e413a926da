import { type Api, bodyOf } from "../../api/client";
import { type FieldError, Problem } from "../../api/problem";
import type { Draft } from "./draft";

/** A span in which nothing lies: the question is checked, and nothing is read. */
const NOTHING = { start: "1970-01-01T00:00:00Z", end: "1970-01-01T00:00:01Z" };

/** What the API says of the draft's filters, before anybody goes on. */
export async function checkFilters(api: Api, { data }: Draft): Promise<FieldError[]> {
  const said = await Promise.all(
    data.map(async ({ dataset, filter }, place): Promise<FieldError[]> => {
      if (!filter) return [];
      try {
        const body = { span: NOTHING, filter, fields: [], source: "both", limit: 1, cursor: "" } as const;
        await bodyOf(
          api.POST("/datasets/{name}/search", { params: { path: { name: dataset } }, body: { ...body, fields: [] } }),
        );
        return [];
      } catch (failure) {
        if (!(failure instanceof Problem) || failure.status !== 422) throw failure;
        return failure.errors.map(({ field, message }) => ({ field: `data.${place}.${field}`, message }));
      }
    }),
  );
  return said.flat();
}
