/**
 * The addresses after `text` was typed or pasted as that of the row `index`: no address has spaces, and several that are parted
 * by commas, semicolons or blanks get a row each.
 */
export function typedAt(addresses: readonly string[], index: number, text: string): string[] {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  // Somebody who is still typing after a comma has not pasted a list.
  const rows = parts.length > 1 ? parts : [parts[0] ?? ""];
  return [...addresses.slice(0, index), ...rows, ...addresses.slice(index + 1)];
}
