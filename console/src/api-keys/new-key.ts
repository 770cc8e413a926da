import type { Level, NewKey, Permission } from "../api/description";
import { names } from "../parts/sharing";
import { PERMISSIONS } from "../session/permissions";

export interface Typed {
  readonly name: string;
  readonly level: Level;
  readonly user: string;
  /** One a line. */
  readonly groups: string;
  readonly permissions: readonly Permission[];
  readonly expires_in_days: number | null;
}

export const EMPTY: Typed = {
  name: "",
  level: "administrator",
  user: "",
  groups: "",
  permissions: ["read"],
  expires_in_days: 90,
};

type Told = (typeof PERMISSIONS)[number];

/** A permission can be given by who has it, and some not to users. */
export function offered(one: Told, level: Level, may: (permission: string) => boolean): boolean {
  return may(one.id) && (level === "administrator" || one.ofUsers);
}

/** What the API takes: nothing of what the level rules out, though somebody typed it before. */
export function requestOf(typed: Typed): NewKey {
  const user = typed.level === "user";
  const possible = new Set(PERMISSIONS.filter((one) => !user || one.ofUsers).map((one) => one.id));
  return {
    name: typed.name,
    level: typed.level,
    permissions: typed.permissions.filter((one) => possible.has(one)),
    groups: user ? names(typed.groups) : [],
    expires_in_days: typed.expires_in_days,
    ...(user && typed.user.trim() ? { user: typed.user.trim() } : {}),
  };
}
