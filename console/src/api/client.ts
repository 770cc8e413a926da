import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { paths } from "./description";
import { Problem, problemOf } from "./problem";

export type Api = Client<paths>;

/** The API beside which this page is served: `https://host/stage/console` belongs to `https://host/stage`. */
export function apiAddress(pathname: string = location.pathname, origin: string = location.origin): string {
  return origin + pathname.replace(/\/console\/?$/, "");
}

/**
 * An API client of one caller. What it answers is the answer's body; every other outcome throws a Problem. `onRefused` hears
 * when the key is no longer taken.
 */
export function clientOf(key: string, onRefused: () => void): Api {
  const client = createClient<paths>({ baseUrl: apiAddress(), fetch: (request) => reached(request) });
  const speaks: Middleware = {
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${key}`);
      return request;
    },
    async onResponse({ response }) {
      if (response.ok) return undefined;
      if (response.status === 401) onRefused();
      throw await problemOf(response);
    },
  };
  client.use(speaks);
  return client;
}

async function reached(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch {
    throw new Problem(0, "The API did not answer. Look at your connection, then try again.");
  }
}

/** The body of an answer that has one: `bodyOf(api.GET("/rules"))`. */
export async function bodyOf<T>(asked: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data, response } = await asked;
  if (data === undefined) throw new Problem(response.status, "The API answered nothing where something was due.");
  return data;
}

/** A thing with the state in which it was read, which a change of it must name. */
export interface Tagged<T> {
  readonly body: T;
  readonly etag: string;
}

export async function taggedOf<T>(asked: Promise<{ data?: T; response: Response }>): Promise<Tagged<T>> {
  const answer = await asked;
  return { body: await bodyOf(Promise.resolve(answer)), etag: answer.response.headers.get("ETag") ?? "*" };
}

/** Under this header, the same request sent twice is done once. One key for one press of a button, however often it is tried. */
export function once(): { readonly "Idempotency-Key": string } {
  return { "Idempotency-Key": crypto.randomUUID() };
}
