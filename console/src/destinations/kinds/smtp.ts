import { hostDoubt, type Kind, LIMITS, type Values } from "./setting";

function securityDoubt(value: string, values: Values): string | undefined {
  const port = values.port?.trim();
  if (value === "starttls" && port === "465") return "Port 465 usually wants TLS from the first byte.";
  if (value === "tls" && port === "587") return "Port 587 usually wants STARTTLS.";
  if (value === "none") return "Mails and the password go unprotected; the operator must allow the network.";
  return undefined;
}

export const SMTP: Kind = {
  id: "smtp",
  label: "Mail",
  description: "Mails to the journal addresses of a mail archive.",
  before: "You need a mail server that takes mail for the archive's addresses. A file may have 25 MiB at most.",
  settings: [
    { name: "host", label: "Mail server", type: "text", placeholder: "smtp.example.com", doubt: hostDoubt },
    { name: "port", label: "Port", type: "number", initial: "587" },
    {
      name: "security",
      label: "Security",
      type: "choice",
      initial: "starttls",
      choices: [
        { value: "starttls", label: "STARTTLS" },
        { value: "tls", label: "TLS from the first byte" },
        { value: "none", label: "None" },
      ],
      doubt: securityDoubt,
    },
    { name: "username", label: "User name", type: "text", optional: true, description: "If the server asks for one." },
    { name: "password", label: "Password", type: "secret", optional: true },
    {
      name: "sender",
      label: "Sender",
      type: "text",
      placeholder: "waybill@example.com",
      description: "Where the server sends back what it cannot deliver.",
    },
    {
      name: "recipients",
      label: "Recipients",
      type: "lines",
      placeholder: "journal@archive.example.com",
      description: "One address a line, up to 50. Each of them gets every mail.",
    },
    {
      name: "subject_prefix",
      label: "Subject begins with",
      type: "text",
      optional: true,
      rare: true,
    },
    ...LIMITS,
  ],
};
