import type { Sharing } from "../api/description";

/** As somebody types it: names on lines of their own. */
export interface Typed {
  readonly who: "everybody" | "some" | "nobody";
  readonly users: string;
  readonly groups: string;
}

export function typedOf(sharing: Sharing | null): Typed {
  const { everybody = true, users = [], groups = [] } = sharing ?? {};
  const some = users.length + groups.length > 0;
  return {
    who: everybody ? "everybody" : some ? "some" : "nobody",
    users: users.join("\n"),
    groups: groups.join("\n"),
  };
}

export function sharingOf(typed: Typed): Sharing {
  const some = typed.who === "some";
  return {
    everybody: typed.who === "everybody",
    users: some ? names(typed.users) : [],
    groups: some ? names(typed.groups) : [],
  };
}

/** `Anna, Ben and the group north`. */
export function shared({ everybody, users = [], groups = [] }: Sharing, nobody: string): string {
  if (everybody) return "Everybody";
  const said = [...users, ...groups.map((group) => `the group ${group}`)];
  if (said.length === 0) return nobody;
  return new Intl.ListFormat("en", { type: "conjunction" }).format(said).replace(/^t/, "T");
}

/** Each name once; a name may hold commas and spaces, not a line break. */
export function names(typed: string): string[] {
  return [...new Set(typed.split("\n").map((line) => line.trim()))].filter(Boolean);
}
