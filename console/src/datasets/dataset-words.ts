import type { DatasetDetail, People } from "../api/description";
import { many } from "../parts/words";

/** Whole units: `5 minutes`, `90 seconds`. */
export function settles(seconds: number): string {
  if (seconds >= 3600 && seconds % 3600 === 0) return many(seconds / 3600, "hour");
  if (seconds >= 60 && seconds % 60 === 0) return many(seconds / 60, "minute");
  return many(seconds, "second");
}

/** Which fields say whose a row is. */
export function peopleOf(people: People | null): string {
  const said = Object.entries(people ?? {}).filter(([, field]) => field);
  return said.map(([role, field]) => `${role}: ${field}`).join(", ") || "No field says it";
}

/** Columns that the newest objects have and the dataset does not. */
export function unknownColumns({ fields, columns, open_field }: DatasetDetail): [string, string][] {
  const known = new Set(fields.map((one) => one.name));
  return Object.entries(columns).filter(
    ([name]) => !known.has(name) && !(open_field && (name === open_field || name.startsWith(`${open_field}.`))),
  );
}

/** As it is added or changed: without what the platform knows of it. */
export function definitionOf(dataset: DatasetDetail): Record<string, unknown> {
  const { own: _own, registered_objects: _objects, columns: _columns, ...said } = dataset;
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
}
