import { AZURE_BLOB } from "./azure-blob";
import { HOSTED } from "./hosted";
import { S3 } from "./s3";
import type { Kind } from "./setting";
import { SFTP } from "./sftp";
import { SMTP } from "./smtp";

/** In the order in which they are offered. */
export const KINDS: readonly Kind[] = [S3, AZURE_BLOB, SFTP, HOSTED, SMTP];

export function kindOf(id: string): Kind | undefined {
  return KINDS.find((kind) => kind.id === id);
}

export function kindLabel(id: string): string {
  return kindOf(id)?.label ?? id;
}
