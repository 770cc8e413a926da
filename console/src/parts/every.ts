interface Page<T> {
  readonly items: readonly T[];
  readonly cursor: string;
}

/** Every item of a list of the API's, page by page. For lists that people choose from, which are short. */
export async function everyOf<T>(ask: (cursor: string) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = [];
  let cursor = "";
  do {
    const page = await ask(cursor);
    found.push(...page.items);
    cursor = page.cursor;
  } while (cursor);
  return found;
}
