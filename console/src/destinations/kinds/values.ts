import type { Kind, Setting, Values } from "./setting";

type Settings = Record<string, unknown>;

export function isSecret(setting: Setting): boolean {
  return setting.type === "secret" || setting.type === "secret_lines";
}

/** The settings that are asked for, as the values are now. */
export function asked(kind: Kind, values: Values): readonly Setting[] {
  return kind.settings.filter((setting) => setting.when?.(values) ?? true);
}

export function initialValues(kind: Kind): Values {
  return Object.fromEntries(kind.settings.map((setting) => [setting.name, setting.initial ?? ""]));
}

/** What the API takes. What was left empty is left out. A number that is none goes as it was typed: the API says so at its field. */
export function settingsOf(kind: Kind, values: Values): Settings {
  const settings: Settings = {};
  for (const setting of asked(kind, values)) {
    const typed = values[setting.name] ?? "";
    if (setting.asks || !typed.trim()) continue;
    put(settings, setting.name.split("."), sent(setting, typed));
  }
  return settings;
}

function sent(setting: Setting, typed: string): unknown {
  switch (setting.type) {
    case "number": {
      const number = Number(typed.trim());
      return Number.isFinite(number) ? Math.round(number * (setting.scale ?? 1) * 1e6) / 1e6 : typed;
    }
    case "toggle":
      return typed === "true";
    case "lines":
      return lines(typed);
    case "secret":
    case "secret_lines":
      return typed;
    default:
      return typed.trim();
  }
}

/** One thing a line; commas part them as well. */
export function lines(typed: string): string[] {
  return typed
    .split(/[\n,;]/)
    .map((line) => line.trim())
    .filter(Boolean);
}

/** What the form shows of saved settings. Secrets are empty: nobody sees them again. */
export function valuesOf(kind: Kind, settings: Readonly<Settings>): Values {
  return Object.fromEntries(
    kind.settings.map((setting) => [
      setting.name,
      setting.asks?.of(settings) ?? shown(setting, reach(settings, setting.name)),
    ]),
  );
}

function shown(setting: Setting, value: unknown): string {
  if (value == null || isSecret(setting)) return "";
  if (Array.isArray(value)) return value.join("\n");
  if (typeof value === "number") return String(value / (setting.scale ?? 1));
  return String(value);
}

/** Whether nothing but the name would change: all is as saved, and no secret was typed. */
export function isOnlyName(kind: Kind, before: Values, now: Values): boolean {
  return kind.settings.every((setting) => setting.asks || (before[setting.name] ?? "") === (now[setting.name] ?? ""));
}

export function reach(settings: Readonly<Settings>, name: string): unknown {
  return name.split(".").reduce<unknown>((inside, step) => (isSettings(inside) ? inside[step] : undefined), settings);
}

function put(settings: Settings, [step = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    settings[step] = value;
    return;
  }
  const inside = settings[step];
  const deeper: Settings = isSettings(inside) ? inside : {};
  settings[step] = deeper;
  put(deeper, rest, value);
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
