import type { RenewedView } from "../api/description";

export interface ClientSettings {
  readonly id: string;
  readonly client: string;
  /** Where the lines belong. */
  readonly where: string;
  readonly lines: string;
}

/** Ready-made settings of the S3 clients that people use. The keys may list the folder and read what is in it, nothing else. */
export function clientSettings(keys: RenewedView): readonly ClientSettings[] {
  const host = keys.endpoint.replace(/^https?:\/\//, "");
  const secure = keys.endpoint.startsWith("https:");
  const place = `${keys.bucket}/${keys.prefix}`;
  return [
    {
      id: "aws",
      client: "AWS CLI",
      where: "In a shell:",
      lines: [
        `export AWS_ACCESS_KEY_ID=${keys.access_key_id}`,
        `export AWS_SECRET_ACCESS_KEY=${keys.secret_access_key}`,
        `export AWS_DEFAULT_REGION=${keys.region}`,
        `aws s3 sync s3://${place} . --endpoint-url ${keys.endpoint}`,
      ].join("\n"),
    },
    {
      id: "rclone",
      client: "rclone",
      where: `In rclone.conf; then rclone copy waybill:${place} .`,
      lines: [
        "[waybill]",
        "type = s3",
        "provider = Other",
        `access_key_id = ${keys.access_key_id}`,
        `secret_access_key = ${keys.secret_access_key}`,
        `region = ${keys.region}`,
        `endpoint = ${keys.endpoint}`,
        "no_check_bucket = true",
      ].join("\n"),
    },
    {
      id: "s3cmd",
      client: "s3cmd",
      where: `In ~/.s3cfg; then s3cmd sync s3://${place} .`,
      lines: [
        "[default]",
        `access_key = ${keys.access_key_id}`,
        `secret_key = ${keys.secret_access_key}`,
        `bucket_location = ${keys.region}`,
        `host_base = ${host}`,
        `host_bucket = ${host}`,
        `use_https = ${secure ? "True" : "False"}`,
      ].join("\n"),
    },
    {
      id: "cyberduck",
      client: "Cyberduck",
      where: `Open Connection, Amazon S3${secure ? "" : " (HTTP, by a connection profile)"}:`,
      lines: [
        `Server: ${host}`,
        `Access Key ID: ${keys.access_key_id}`,
        `Secret Access Key: ${keys.secret_access_key}`,
        `Path (More Options): /${place}`,
      ].join("\n"),
    },
  ];
}
