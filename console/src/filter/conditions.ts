import type { DataField, FieldType } from "../api/description";

/** Conditions as people choose them, and the CQL2 text (OGC 21-065r2) that they stand for. */

export type Join = "and" | "or";

export interface Condition {
  readonly field: string;
  /** The id of one of OPERATORS. */
  readonly operator: string;
  /** As it was typed: a list's values have commas between them. */
  readonly value: string;
  /** The second value, where the operator takes two. */
  readonly upto: string;
}

export interface Conditions {
  readonly join: Join;
  readonly items: readonly Condition[];
}

type Literal = "string" | "number" | "timestamp";

interface Operator {
  readonly id: string;
  readonly label: string;
  readonly types: readonly FieldType[];
  readonly literal: Literal;
  /** `{f}` is the field, `{v}` a value, `{w}` the second one, `{list}` several, `{part}` a piece of a pattern. */
  readonly text: string;
}

const NUMBERS: readonly FieldType[] = ["integer", "number", "any"];
const TEXTS: readonly FieldType[] = ["string", "any"];

/** In the order in which they are offered; the first one of a type is the usual one. */
const OPERATORS: readonly Operator[] = [
  { id: "is", label: "is", types: TEXTS, literal: "string", text: "{f} = {v}" },
  { id: "is_not", label: "is not", types: TEXTS, literal: "string", text: "{f} <> {v}" },
  { id: "one_of", label: "is one of", types: TEXTS, literal: "string", text: "{f} IN ({list})" },
  { id: "none_of", label: "is none of", types: TEXTS, literal: "string", text: "{f} NOT IN ({list})" },
  { id: "has", label: "contains", types: TEXTS, literal: "string", text: "casei({f}) LIKE casei('%{part}%')" },
  {
    id: "has_not",
    label: "does not contain",
    types: TEXTS,
    literal: "string",
    text: "casei({f}) NOT LIKE casei('%{part}%')",
  },
  { id: "starts", label: "starts with", types: TEXTS, literal: "string", text: "casei({f}) LIKE casei('{part}%')" },
  { id: "equals", label: "=", types: NUMBERS, literal: "number", text: "{f} = {v}" },
  { id: "differs", label: "≠", types: NUMBERS, literal: "number", text: "{f} <> {v}" },
  { id: "above", label: ">", types: NUMBERS, literal: "number", text: "{f} > {v}" },
  { id: "at_least", label: "≥", types: NUMBERS, literal: "number", text: "{f} >= {v}" },
  { id: "below", label: "<", types: NUMBERS, literal: "number", text: "{f} < {v}" },
  { id: "at_most", label: "≤", types: NUMBERS, literal: "number", text: "{f} <= {v}" },
  { id: "between", label: "is between", types: NUMBERS, literal: "number", text: "{f} BETWEEN {v} AND {w}" },
  { id: "from", label: "is at or after", types: ["timestamp"], literal: "timestamp", text: "{f} >= {v}" },
  { id: "before", label: "is before", types: ["timestamp"], literal: "timestamp", text: "{f} < {v}" },
  { id: "within", label: "is between", types: ["timestamp"], literal: "timestamp", text: "{f} BETWEEN {v} AND {w}" },
  { id: "true", label: "is true", types: ["boolean"], literal: "string", text: "{f} = TRUE" },
  { id: "false", label: "is false", types: ["boolean"], literal: "string", text: "{f} = FALSE" },
  { id: "some", label: "has one of", types: ["json"], literal: "string", text: "a_overlaps({f}, ({list}))" },
  { id: "all", label: "has all of", types: ["json"], literal: "string", text: "a_contains({f}, ({list}))" },
  { id: "none", label: "has none of", types: ["json"], literal: "string", text: "NOT a_overlaps({f}, ({list}))" },
  { id: "missing", label: "has no value", types: [], literal: "string", text: "{f} IS NULL" },
  { id: "there", label: "has a value", types: [], literal: "string", text: "{f} IS NOT NULL" },
];

const LITERALS: Readonly<Record<Literal, string>> = {
  string: "'(?:[^']|'')*'",
  number: "-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?",
  timestamp: "TIMESTAMP\\('[^']*'\\)|DATE\\('[^']*'\\)",
};
const PART = "(?:\\\\[\\\\%_]|''|[^'\\\\%_])*";
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?$/;

export function operatorsFor(type: FieldType): readonly Operator[] {
  return OPERATORS.filter((one) => one.types.length === 0 || one.types.includes(type));
}

function operatorOf(condition: Condition): Operator {
  const found = OPERATORS.find((one) => one.id === condition.operator);
  if (!found) throw new RangeError(`There is no operator ${condition.operator}.`);
  return found;
}

/** How many values the condition needs: none, one, two or a list. */
export function valuesOf(condition: Condition): "none" | "one" | "two" | "list" {
  const { text } = operatorOf(condition);
  if (text.includes("{w}")) return "two";
  if (text.includes("{list}")) return "list";
  return text.includes("{v}") || text.includes("{part}") ? "one" : "none";
}

export function newCondition(field: DataField): Condition {
  const [usual] = operatorsFor(field.type);
  return { field: field.name, operator: usual?.id ?? "there", value: "", upto: "" };
}

/** The condition over another field: its operator stays where that field has it as well. */
export function over(condition: Condition, field: DataField): Condition {
  const stays = operatorsFor(field.type).some((one) => one.id === condition.operator);
  return stays ? { ...condition, field: field.name } : newCondition(field);
}

/** What is still wrong with a condition; undefined where nothing is. */
export function wrongWith(condition: Condition): string | undefined {
  const needs = valuesOf(condition);
  if (needs === "none") return undefined;
  const given = needs === "two" ? [condition.value, condition.upto] : [condition.value];
  if (given.some((one) => !one.trim())) return needs === "two" ? "Enter both values." : "Enter a value.";
  const { literal } = operatorOf(condition);
  const fits = new RegExp(`^(?:${LITERALS.number})$`);
  if (literal === "number" && !given.every((one) => fits.test(one.trim()))) return "Enter a number, such as 2 or 0.5.";
  if (literal === "timestamp" && !given.every(isInstant))
    return "Enter a day or an instant: 2026-03-29 or 2026-03-29T01:00:00Z.";
  return undefined;
}

function isInstant(typed: string): boolean {
  const text = typed.trim();
  return (DAY.test(text) || INSTANT.test(text)) && !Number.isNaN(Date.parse(text.replace(" ", "T")));
}

/** CQL2 text; empty for no condition. What is not typed yet is left out, so that the API refuses the text. */
export function textOf({ join, items }: Conditions): string {
  return items.map(conditionText).join(join === "and" ? " AND " : " OR ");
}

function conditionText(condition: Condition): string {
  const { text, literal } = operatorOf(condition);
  const values: Readonly<Record<string, string>> = {
    f: name(condition.field),
    v: written(condition.value, literal),
    w: written(condition.upto, literal),
    list: listed(condition.value)
      .map((one) => written(one, literal))
      .join(", "),
    part: condition.value.replace(/[\\%_]/g, "\\$&").replaceAll("'", "''"),
  };
  return text.replace(/\{(\w+)\}/g, (_, token: string) => values[token] ?? "");
}

const WORD = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;
const KEYWORDS = new Set("and between casei date false in interval is like not null or timestamp true".split(" "));

function name(field: string): string {
  return WORD.test(field) && !KEYWORDS.has(field.toLowerCase()) ? field : `"${field}"`;
}

function written(typed: string, literal: Literal): string {
  const text = typed.trim();
  if (!text) return "";
  if (literal === "number") return text;
  if (literal === "string") return `'${text.replaceAll("'", "''")}'`;
  if (DAY.test(text)) return `DATE('${text}')`;
  return `TIMESTAMP('${instantText(text)}')`;
}

/** An instant without an offset is one in UTC, as the field says beside it. */
function instantText(text: string): string {
  const whole = text.replace(" ", "T").replace(/T(\d{2}:\d{2})(?=Z|[+-]|$)/, "T$1:00");
  return /(Z|[+-]\d{2}:\d{2})$/.test(whole) ? whole : `${whole}Z`;
}

function listed(typed: string): string[] {
  return typed
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
}

/**
 * The conditions that stand for just this text; null where there are none, such as for text with parentheses of its own: it
 * stays text.
 */
export function conditionsOf(text: string, fields: readonly DataField[]): Conditions | null {
  if (!text.trim()) return { join: "and", items: [] };
  const items: Condition[] = [];
  const joins = new Set<Join>();
  let place = 0;
  for (;;) {
    const found = conditionAt(text, place, fields);
    if (!found) return null;
    items.push(found.condition);
    place = found.end;
    if (place === text.length) break;
    const joined = [" AND ", " OR "].find((one) => text.startsWith(one, place));
    if (!joined) return null;
    joins.add(joined === " AND " ? "and" : "or");
    place += joined.length;
  }
  if (joins.size > 1) return null;
  const read: Conditions = { join: joins.has("or") ? "or" : "and", items };
  return textOf(read) === text ? read : null;
}

function conditionAt(text: string, place: number, fields: readonly DataField[]) {
  let best: { condition: Condition; end: number } | null = null;
  for (const operator of OPERATORS) {
    const pattern = patternOf(operator);
    pattern.lastIndex = place;
    const found = pattern.exec(text)?.groups;
    const field = found && fields.find((one) => name(one.name) === found.f);
    if (!field || !operatorsFor(field.type).includes(operator)) continue;
    const condition = {
      field: field.name,
      operator: operator.id,
      value: found.part !== undefined ? unescaped(found.part) : typed(found.v ?? found.list ?? "", operator.literal),
      upto: typed(found.w ?? "", operator.literal),
    };
    if (!best || pattern.lastIndex > best.end) best = { condition, end: pattern.lastIndex };
  }
  return best;
}

function patternOf({ text, literal }: Operator): RegExp {
  const value = LITERALS[literal];
  const groups: Readonly<Record<string, string>> = {
    f: '(?<f>"[^"]+"|[\\w.]+)',
    v: `(?<v>${value}|)`,
    w: `(?<w>${value}|)`,
    list: `(?<list>(?:(?:${value})(?:, (?:${value}))*)?)`,
    part: `(?<part>${PART})`,
  };
  const pattern = text
    .split(/\{(\w+)\}/)
    .map((piece, n) => (n % 2 ? groups[piece] : piece.replace(/[()'.|%]/g, "\\$&")));
  return new RegExp(pattern.join(""), "y");
}

/** What somebody would have typed for one literal, or for several with commas between them. */
function typed(literals: string, literal: Literal): string {
  if (literal === "number") return literals;
  const quoted = [...literals.matchAll(/'((?:[^']|'')*)'/g)].map(([, inner]) => (inner ?? "").replaceAll("''", "'"));
  return quoted.join(", ");
}

function unescaped(pattern: string): string {
  return pattern.replaceAll("''", "'").replace(/\\([\\%_])/g, "$1");
}
