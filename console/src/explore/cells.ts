export type Row = Readonly<Record<string, unknown>>;

/** A value in a cell: JSON where it is no single value. */
export function cell(value: unknown): string {
  if (value == null || value === "") return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What the rows have, in the order of `known`; what nobody knows comes last. */
export function columnsOf(rows: readonly Row[], known: readonly string[]): string[] {
  const had = new Set(rows.flatMap((row) => Object.keys(row)));
  return [...known.filter((name) => had.has(name)), ...[...had].filter((name) => !known.includes(name))];
}
