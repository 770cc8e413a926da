import { hostDoubt, type Kind, LIMITS, type Values } from "./setting";

const byPassword = (values: Values) => values.login !== "key";
const byKey = (values: Values) => values.login === "key";

function keyDoubt(value: string): string | undefined {
  if (value.includes("PuTTY-User-Key-File"))
    return "This is PuTTY's own form. In PuTTYgen, export it as an OpenSSH key.";
  if (/^(ssh-|ecdsa-)|BEGIN (SSH2 )?PUBLIC KEY/.test(value.trim()))
    return "This is the public key. Waybill needs the private one.";
  return undefined;
}

export const SFTP: Kind = {
  id: "sftp",
  label: "SFTP",
  description: "A folder on a server of yours.",
  before:
    "You need a user on the server that may write, rename and delete in one folder, and the server's fingerprint.",
  settings: [
    { name: "host", label: "Host name", type: "text", placeholder: "sftp.example.com", doubt: hostDoubt },
    {
      name: "port",
      label: "Port",
      type: "number",
      initial: "22",
      doubt: (value) =>
        ["21", "990"].includes(value.trim())
          ? "This is the port of FTP, another protocol. SFTP is usually on 22."
          : undefined,
    },
    { name: "username", label: "User name", type: "text" },
    {
      name: "login",
      label: "How Waybill logs in",
      type: "choice",
      initial: "password",
      // Which one a saved destination has, the API does not say; its secrets must be given again in any case.
      asks: { of: () => "password" },
      choices: [
        { value: "password", label: "With a password" },
        { value: "key", label: "With a private key" },
      ],
    },
    { name: "password", label: "Password", type: "secret", when: byPassword },
    {
      name: "private_key",
      label: "Private key",
      type: "secret_lines",
      placeholder: "-----BEGIN OPENSSH PRIVATE KEY-----",
      description: "Ed25519, ECDSA or RSA, in OpenSSH's form or as PEM.",
      when: byKey,
      doubt: keyDoubt,
    },
    {
      name: "passphrase",
      label: "Passphrase",
      type: "secret",
      optional: true,
      description: "What the private key is encrypted with, if it is.",
      when: byKey,
    },
    {
      name: "path",
      label: "Path",
      type: "text",
      optional: true,
      placeholder: "exports",
      description: "The folder below which all files are put; it must exist. Empty: where the user starts.",
    },
    {
      name: "channels",
      label: "Most channels at once",
      type: "number",
      optional: true,
      rare: true,
      initial: "8",
      description: "Waybill opens as many as the line needs. 1 for a server that takes a file only from start to end.",
    },
    {
      name: "verify",
      label: "How arrival is proven",
      type: "choice",
      rare: true,
      initial: "read_back",
      choices: [
        { value: "read_back", label: "Files up to 64 MiB are read back" },
        { value: "size", label: "Sizes are compared" },
      ],
    },
    {
      name: "host_key",
      label: "Host key's fingerprint",
      type: "text",
      optional: true,
      rare: true,
      placeholder: "SHA256:…",
      description: "If you know it already. Else the test shows it to you, and you confirm it.",
    },
    ...LIMITS,
  ],
};
