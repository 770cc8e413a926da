import type { DestinationView } from "../api/description";
import { many } from "../parts/words";

/** Where files go, in a few words: `s3://bucket/prefix`, `user@host:path`. */
export function placeOf({ kind, settings }: Pick<DestinationView, "kind" | "settings">): string {
  const said = (name: string) => {
    const value = settings[name];
    return value == null ? "" : String(value);
  };
  const below = said("prefix") && `/${said("prefix")}`;
  switch (kind) {
    case "s3":
      return `s3://${said("bucket")}${below}`;
    case "azure_blob":
      return `${said("container")}${below}`;
    case "sftp":
      return `${said("username")}@${said("host")}${said("path") === "." ? "" : `:${said("path")}`}`;
    case "smtp": {
      const recipients = Array.isArray(settings.recipients) ? settings.recipients.map(String) : [];
      const [first = ""] = recipients;
      return recipients.length > 1 ? `${first} and ${recipients.length - 1} more` : first;
    }
    case "hosted":
      return `Kept for ${many(Number(said("retention_months")), "month")}`;
    default:
      return "–";
  }
}
