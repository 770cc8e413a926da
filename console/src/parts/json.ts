import type { Problem } from "../api/problem";

type Read = { readonly value: Readonly<Record<string, unknown>> } | { readonly wrong: string };

/** An object as somebody typed it. */
export function objectOf(text: string): Read {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { value: { ...value } };
    return { wrong: "Write an object: begin with { and end with }." };
  } catch (failure) {
    return {
      wrong: `This is no JSON: ${failure instanceof Error ? failure.message : "look at its quotes and commas"}.`,
    };
  }
}

/** What the API says of an object's fields, each with its path; `under` is where the object lies in the request, `settings.`. */
export function saidOf(problem: Problem | null, under: string, elsewhere: readonly string[] = []): readonly string[] {
  return (problem?.errors ?? [])
    .filter(({ field }) => !elsewhere.some((one) => field === one || field.startsWith(`${one}.`)))
    .map(({ field, message }) => {
      const path = field.startsWith(under) ? field.slice(under.length) : field;
      return path && path !== "body" ? `${path} ${message}` : message;
    });
}
