import { describe, expect, test } from "vitest";
import type { DataField, FieldType } from "../api/description";
import {
  type Condition,
  conditionsOf,
  newCondition,
  operatorsFor,
  over,
  textOf,
  valuesOf,
  wrongWith,
} from "./conditions";

const field = (name: string, type: FieldType): DataField => ({
  name,
  type,
  description: name,
  title: "",
  category: "",
  default: true,
});
const FIELDS = [
  field("channel", "string"),
  field("length", "integer"),
  field("at", "timestamp"),
  field("open", "boolean"),
  field("labels", "json"),
  field("custom.home town", "any"),
];
const condition = (name: string, operator: string, value = "", upto = ""): Condition => ({
  field: name,
  operator,
  value,
  upto,
});
const one = (...of: Parameters<typeof condition>) => textOf({ join: "and", items: [condition(...of)] });

describe("conditions as CQL2 text", () => {
  test.each<[Parameters<typeof condition>, string]>([
    [["channel", "is", "web"], "channel = 'web'"],
    [["channel", "is_not", "O'Neil"], "channel <> 'O''Neil'"],
    [["channel", "one_of", "web, sms"], "channel IN ('web', 'sms')"],
    [["channel", "none_of", "web"], "channel NOT IN ('web')"],
    [["channel", "has", "50%_\\'"], "casei(channel) LIKE casei('%50\\%\\_\\\\''%')"],
    [["channel", "has_not", "web"], "casei(channel) NOT LIKE casei('%web%')"],
    [["channel", "starts", "w"], "casei(channel) LIKE casei('w%')"],
    [["length", "at_least", "-2.5"], "length >= -2.5"],
    [["length", "between", "1", "2"], "length BETWEEN 1 AND 2"],
    [["length", "equals", "12345678901234567890"], "length = 12345678901234567890"],
    [["at", "from", "2026-03-29"], "at >= DATE('2026-03-29')"],
    [["at", "before", "2026-03-29T01:00:00+02:00"], "at < TIMESTAMP('2026-03-29T01:00:00+02:00')"],
    [["open", "true"], "open = TRUE"],
    [["labels", "some", "urgent, late"], "a_overlaps(labels, ('urgent', 'late'))"],
    [["labels", "none", "urgent"], "NOT a_overlaps(labels, ('urgent'))"],
    [["custom.home town", "is", "Köln"], "\"custom.home town\" = 'Köln'"],
    [["custom.home town", "above", "3"], '"custom.home town" > 3'],
    [["channel", "missing"], "channel IS NULL"],
  ])("%j", (given, text) => {
    expect(one(...given)).toBe(text);
    expect(conditionsOf(text, FIELDS)).toEqual({ join: "and", items: [condition(...given)] });
  });

  test("an instant without an offset is one in UTC, with its seconds", () => {
    expect(one("at", "from", "2026-03-29 01:00")).toBe("at >= TIMESTAMP('2026-03-29T01:00:00Z')");
  });

  test("several are joined, and read back as they were", () => {
    const items = [condition("length", "between", "1", "2"), condition("channel", "is", "a AND b")];
    for (const join of ["and", "or"] as const) {
      const text = textOf({ join, items });
      expect(text).toBe(`length BETWEEN 1 AND 2 ${join.toUpperCase()} channel = 'a AND b'`);
      expect(conditionsOf(text, FIELDS)).toEqual({ join, items });
    }
  });

  test("every operator of every type is read back, also where its value is still missing", () => {
    for (const of of FIELDS)
      for (const { id } of operatorsFor(of.type)) {
        const empty = condition(of.name, id);
        const read = conditionsOf(one(of.name, id), FIELDS)?.items[0];
        expect(read && { field: read.field, needs: valuesOf(read), value: read.value }).toEqual({
          field: of.name,
          needs: valuesOf(empty),
          value: "",
        });
      }
  });
});

describe("text of one's own", () => {
  test.each([
    "channel='web'",
    "(channel = 'web')",
    "channel = 'web' AND (length > 1 OR length < 0)",
    "channel = 'web' AND length > 1 OR length < 0",
    "channel LIKE '%web%'",
    "unknown = 'web'",
    "length = 'web'",
    "channel = 'web' ",
    '{"op": "=", "args": []}',
  ])("%s stays text", (text) => expect(conditionsOf(text, FIELDS)).toBeNull());

  test("no text is no condition", () => expect(conditionsOf(" ", FIELDS)?.items).toEqual([]));
});

describe("what is still wrong", () => {
  test.each<[Parameters<typeof condition>, RegExp | undefined]>([
    [["channel", "is", " "], /Enter a value/],
    [["length", "between", "1"], /both/],
    [["length", "equals", "much"], /number/],
    [["at", "from", "yesterday"], /2026-03-29/],
    [["at", "from", "2026-13-29"], /2026-03-29/],
    [["at", "from", "2026-03-29T01:00Z"], undefined],
    [["channel", "missing"], undefined],
    [["open", "true"], undefined],
  ])("%j", (given, said) => {
    const wrong = wrongWith(condition(...given));
    if (said) expect(wrong).toMatch(said);
    else expect(wrong).toBeUndefined();
  });
});

test("another field keeps the operator where it has it, and begins anew where not", () => {
  const [channel, length] = FIELDS;
  if (!channel || !length) throw new Error();
  const asked = condition("custom.home town", "is", "Köln");
  expect(over(asked, channel)).toEqual({ ...asked, field: "channel" });
  expect(over(asked, length)).toEqual(newCondition(length));
});
