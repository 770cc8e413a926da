/** What the form asks for. All values are kept as the text that somebody typed; `settingsOf` makes of them what the API takes. */
export type Values = Readonly<Record<string, string>>;

export type SettingType = "text" | "secret" | "secret_lines" | "number" | "choice" | "toggle" | "lines";

export interface Setting {
  /** As the API calls it; `limits.connections` lies inside of `limits`. */
  readonly name: string;
  readonly label: string;
  readonly type: SettingType;
  readonly description?: string;
  readonly placeholder?: string;
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  /** What is there before anybody typed. */
  readonly initial?: string;
  readonly optional?: boolean;
  /** Shown among what few people need. */
  readonly rare?: boolean;
  /** The API counts in smaller units: 1 here is so many there. */
  readonly scale?: number;
  /** Only the form's own question; `of` answers it from saved settings. */
  readonly asks?: { of(settings: Readonly<Record<string, unknown>>): string };
  /** Asked only then. */
  when?(values: Values): boolean;
  /** What looks like a common mistake, explained beside the field. It stops nobody. */
  doubt?(value: string, values: Values): string | undefined;
}

export interface Kind {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** What the receiving side has to have ready. */
  readonly before: string;
  readonly settings: readonly Setting[];
}

export function path(label: string, where: string): Setting {
  return {
    name: "prefix",
    label,
    type: "text",
    optional: true,
    placeholder: "exports/waybill",
    description: `A folder in the ${where} below which all files are put. Empty: the ${where} itself.`,
  };
}

/** A choice that few people need, its values with their labels; `usual` is what happens where none of them is chosen. */
export function rareChoice(
  name: string,
  label: string,
  usual: string,
  others: Readonly<Record<string, string>>,
): Setting {
  const choices = Object.entries(others).map(([value, said]) => ({ value, label: said }));
  return {
    name,
    label,
    type: "choice",
    optional: true,
    rare: true,
    initial: "",
    choices: [{ value: "", label: usual }, ...choices],
  };
}

export const LIMITS: readonly Setting[] = [
  {
    name: "limits.bytes_per_second",
    label: "Most megabytes per second",
    type: "number",
    scale: 1_000_000,
    optional: true,
    rare: true,
    description: "The mean rate of one run, at least 0.065536. Empty: as fast as the line is.",
  },
  {
    name: "limits.connections",
    label: "Most connections at once",
    type: "number",
    optional: true,
    rare: true,
    description: "How many connections or channels carry one file, 1 to 8. Empty: as many as help.",
  },
];

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

export function isAddress(value: string): boolean {
  return SCHEME.test(value.trim());
}

/** A host's field takes a name alone. */
export function hostDoubt(value: string): string | undefined {
  if (isAddress(value)) return "Leave out what comes before the name, such as sftp://.";
  if (value.includes("@")) return "The user has a field of its own; leave out what comes before the @.";
  if (/:\d+$/.test(value) && !value.includes("::"))
    return "The port has a field of its own; leave out the colon and the number.";
  return undefined;
}
