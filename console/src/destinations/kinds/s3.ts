import { isAddress, type Kind, LIMITS, path, rareChoice, type Values } from "./setting";

const byKeys = (values: Values) => values.access !== "role";
const byRole = (values: Values) => values.access === "role";
const STORAGE_CLASSES = ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"];

export const S3: Kind = {
  id: "s3",
  label: "Amazon S3",
  description: "A bucket of yours, in AWS or in a service that speaks S3.",
  before: "You need a bucket, and an access key or a role that may write, read and delete objects in it.",
  settings: [
    {
      name: "bucket",
      label: "Bucket name",
      type: "text",
      placeholder: "acme-exports",
      doubt: (value) => (isAddress(value) ? "The name alone, without s3:// or https://." : undefined),
    },
    {
      name: "region",
      label: "Region",
      type: "text",
      placeholder: "eu-central-1",
      description: "Where the bucket is, as AWS writes it.",
      doubt: (value) =>
        /\s|[A-Z]/.test(value) ? "Write it as in eu-central-1, not as in Europe (Frankfurt)." : undefined,
    },
    path("Prefix", "bucket"),
    {
      name: "access",
      label: "How Waybill gets in",
      type: "choice",
      initial: "keys",
      asks: { of: (settings) => (settings.role_arn ? "role" : "keys") },
      choices: [
        { value: "keys", label: "With an access key" },
        { value: "role", label: "Through a role of yours, without a key" },
      ],
    },
    {
      name: "access_key_id",
      label: "Access key ID",
      type: "text",
      placeholder: "AKIA…",
      when: byKeys,
      doubt: (value) =>
        value.startsWith("ASIA")
          ? "This is a temporary key, which ends within hours. Use a lasting one (AKIA…) or a role."
          : undefined,
    },
    {
      name: "secret_access_key",
      label: "Secret access key",
      type: "secret",
      when: byKeys,
      doubt: (value) =>
        /^(AKIA|ASIA)[A-Z0-9]{16}$/.test(value)
          ? "This looks like the key's ID. The secret is the longer one."
          : undefined,
    },
    {
      name: "role_arn",
      label: "Role ARN",
      type: "text",
      placeholder: "arn:aws:iam::123456789012:role/waybill-exports",
      description: "After saving you get an external ID and the trust policy that lets Waybill use the role.",
      when: byRole,
    },
    {
      name: "endpoint_url",
      label: "Endpoint",
      type: "text",
      optional: true,
      rare: true,
      placeholder: "https://s3.example.com",
      description: "The address of another service that speaks S3. Empty: AWS.",
      doubt: (value) => (value && !isAddress(value) ? "Begin it with https://." : undefined),
    },
    {
      ...rareChoice("addressing", "Addressing", "The usual (path)", {
        path: "Path: host/bucket",
        virtual: "Virtual host: bucket.host",
      }),
      when: (values) => Boolean(values.endpoint_url?.trim()),
    },
    rareChoice(
      "storage_class",
      "Storage class",
      "The bucket's standard",
      Object.fromEntries(STORAGE_CLASSES.map((one) => [one, one])),
    ),
    rareChoice("encryption", "Encryption", "As the bucket does", {
      sse_s3: "Amazon S3's keys (SSE-S3)",
      sse_kms: "AWS KMS (SSE-KMS)",
    }),
    {
      name: "kms_key_id",
      label: "KMS key",
      type: "text",
      optional: true,
      rare: true,
      description: "Its ARN or id. Empty: the account's own key for S3.",
      when: (values) => values.encryption === "sse_kms",
    },
    {
      name: "bucket_key",
      label: "Use a bucket key",
      type: "toggle",
      optional: true,
      rare: true,
      when: (values) => values.encryption === "sse_kms",
    },
    {
      ...rareChoice("lock_mode", "Object Lock", "None", {
        GOVERNANCE: "Governance: people with a special permission may delete",
        COMPLIANCE: "Compliance: nobody deletes before the time is over",
      }),
      description: "The bucket must have Object Lock switched on.",
    },
    {
      name: "lock_days",
      label: "Locked for days",
      type: "number",
      rare: true,
      when: (values) => Boolean(values.lock_mode),
    },
    {
      name: "legal_hold",
      label: "Legal hold on every file, until somebody lifts it",
      type: "toggle",
      optional: true,
      rare: true,
    },
    rareChoice("acl", "ACL", "None", {
      "bucket-owner-full-control": "bucket-owner-full-control, for another account's bucket",
    }),
    ...LIMITS,
  ],
};
