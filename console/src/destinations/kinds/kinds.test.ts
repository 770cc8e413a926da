import { describe, expect, test } from "vitest";
import { Problem } from "../../api/problem";
import { HOSTED } from "./hosted";
import { KINDS, kindOf } from "./kinds";
import { S3 } from "./s3";
import { SFTP } from "./sftp";
import { SMTP } from "./smtp";
import { asked, initialValues, isOnlyName, isSecret, lines, settingsOf, valuesOf } from "./values";
import { incomplete, inWords, wrongOf } from "./wrong";

const typed = (kind: typeof S3, values: Record<string, string>) => ({ ...initialValues(kind), ...values });

describe("what the API takes", () => {
  test("is what was typed, without what was left empty and what only the form asks", () => {
    expect(
      settingsOf(SFTP, typed(SFTP, { host: " sftp.example.com ", port: "2222", username: "acme", password: " x " })),
    ).toEqual({
      host: "sftp.example.com",
      port: 2222,
      username: "acme",
      password: " x ",
      channels: 8,
      verify: "read_back",
    });
  });

  test("has no secret of the other way in", () => {
    const both = typed(S3, {
      bucket: "b",
      region: "r",
      access_key_id: "AKIA",
      secret_access_key: "s",
      role_arn: "arn",
    });
    expect(settingsOf(S3, both)).not.toHaveProperty("role_arn");
    expect(settingsOf(S3, { ...both, access: "role" })).toEqual({ bucket: "b", region: "r", role_arn: "arn" });
  });

  test("counts in bytes, and lies as deep as the API wants it", () => {
    const limited = typed(S3, { "limits.bytes_per_second": "2.5", "limits.connections": "2" });
    expect(settingsOf(S3, limited).limits).toEqual({ bytes_per_second: 2_500_000, connections: 2 });
  });

  test("has a number that is none as it was typed, for the API to refuse", () => {
    expect(settingsOf(SFTP, typed(SFTP, { port: "twenty" })).port).toBe("twenty");
  });

  test("has a list of what stands on lines of their own", () => {
    expect(settingsOf(SMTP, typed(SMTP, { recipients: "a@x.org\n\n b@x.org, c@x.org" })).recipients).toEqual([
      "a@x.org",
      "b@x.org",
      "c@x.org",
    ]);
    expect(lines(" \n,")).toEqual([]);
  });
});

test.each(KINDS.map((kind) => [kind.id, kind] as const))(
  "%s: saved settings come back as they were, but for secrets",
  (id, kind) => {
    expect(kindOf(id)).toBe(kind);
    const saved = {
      bucket: "b",
      host: "h",
      port: 22,
      role_arn: "arn",
      recipients: ["a@x.org", "b@x.org"],
      retention_months: 3,
      legal_hold: true,
      limits: { bytes_per_second: 2_500_000, connections: null },
      password: "never",
      connection_string: "never",
    };
    const values = valuesOf(kind, saved);
    const again = settingsOf(kind, values);
    expect(Object.values(values)).not.toContain("never");
    expect(again.limits).toEqual({ bytes_per_second: 2_500_000 });
    for (const setting of asked(kind, values).filter((one) => !isSecret(one) && one.name in saved))
      if (!setting.name.startsWith("limits")) expect(again[setting.name]).toEqual(Reflect.get(saved, setting.name));
  },
);

test("only the name changes where all else is as saved and no secret was typed", () => {
  const before = valuesOf(SFTP, { host: "h", port: 22, username: "u", path: "." });
  expect(isOnlyName(SFTP, before, { ...before })).toBe(true);
  expect(isOnlyName(SFTP, before, { ...before, password: "new" })).toBe(false);
  expect(isOnlyName(SFTP, before, { ...before, port: "23" })).toBe(false);
});

describe("what is wrong is said at its field", () => {
  const problem = (field: string, message: string) => new Problem(422, "No.", [{ field, message }]);

  test("by its path, also inside of a list", () => {
    expect(
      wrongOf(problem("settings.recipients.1", "must be a mail address"), SMTP, initialValues(SMTP)).fields,
    ).toEqual(new Map([["recipients", "Must be a mail address."]]));
    expect(
      wrongOf(problem("settings.limits.connections", "too many"), S3, initialValues(S3)).fields.get(
        "limits.connections",
      ),
    ).toBe("Too many.");
  });

  test("at the first field that its sentence names, in the form's words", () => {
    const found = wrongOf(
      problem("settings", "give access_key_id and secret_access_key, or role_arn"),
      S3,
      initialValues(S3),
    );
    expect([...found.fields]).toEqual([["access_key_id", "Give Access key ID and Secret access key, or Role ARN."]]);
  });

  test("above the form where no field is shown for it", () => {
    const found = wrongOf(problem("settings.role_arn", "is no ARN"), S3, initialValues(S3));
    expect([found.fields.size, found.rest]).toEqual([0, ["Is no ARN."]]);
  });
});

test("what is missing is told at once, but not what nobody asks", () => {
  const fields = (values: Record<string, string>) => incomplete(S3, "", typed(S3, values)).map(({ field }) => field);
  expect(fields({ bucket: "b" })).toEqual([
    "name",
    "settings.region",
    "settings.access_key_id",
    "settings.secret_access_key",
  ]);
  expect(fields({ bucket: "b", region: "r", access: "role" })).toEqual(["name", "settings.role_arn"]);
});

test("what is no number is told with it", () =>
  expect(incomplete(HOSTED, "n", { ...initialValues(HOSTED), retention_months: "many" })).toEqual([
    { field: "settings.retention_months", message: "must be a number" },
  ]));

test("a step keeps the words of others as they are", () =>
  expect(inWords("receiver needs role_arn", S3)).toBe("receiver needs Role ARN"));

describe("common mistakes are explained", () => {
  const doubt = (kind: typeof S3, name: string, value: string, others = {}) =>
    kind.settings.find((one) => one.name === name)?.doubt?.(value, { ...initialValues(kind), ...others });
  test.each([
    [SFTP, "host", "sftp://example.com", "Leave out"],
    [SFTP, "host", "example.com:2222", "The port has a field"],
    [SFTP, "port", "21", "FTP"],
    [SFTP, "private_key", "ssh-ed25519 AAAA me@here", "public key"],
    [SFTP, "private_key", "PuTTY-User-Key-File-3: ssh-ed25519", "PuTTYgen"],
    [S3, "bucket", "s3://acme", "without s3://"],
    [S3, "access_key_id", "ASIAEXAMPLE", "temporary"],
    [SMTP, "security", "none", "unprotected"],
  ] as const)("%o %s %s", (kind, name, value, said) => expect(doubt(kind, name, value)).toContain(said));
  test("and what is right is not doubted", () => {
    expect([doubt(SFTP, "host", "sftp.example.com"), doubt(SFTP, "port", "22"), doubt(S3, "bucket", "acme")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(doubt(SMTP, "security", "starttls", { port: "587" })).toBeUndefined();
  });
});

test.each(KINDS.map((kind) => [kind.label, kind] as const))(
  "what %s offers to choose from has what is chosen before anybody chose",
  (_, kind) => {
    for (const { name, type, choices, initial } of kind.settings)
      if (type === "choice")
        expect([name, choices?.map((one) => one.value)]).toEqual([name, expect.arrayContaining([initial])]);
  },
);
