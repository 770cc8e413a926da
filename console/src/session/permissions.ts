import type { Permission } from "../api/description";

interface Told {
  readonly id: Permission;
  readonly label: string;
  readonly description: string;
  /** Also for callers who reach only what is theirs; all others are about the whole tenant. */
  readonly ofUsers: boolean;
}

/** What callers may do, each in a sentence. */
export const PERMISSIONS: readonly Told[] = [
  { id: "read", label: "Read", description: "See rules, runs, datasets and destinations, and search.", ofUsers: true },
  { id: "export", label: "Export", description: "Make and change rules that run once or when asked.", ofUsers: true },
  {
    id: "recurring_export",
    label: "Export again and again",
    description: "Make rules with a schedule.",
    ofUsers: true,
  },
  { id: "list_export", label: "Export lists", description: "Take a search's result along as a file.", ofUsers: true },
  { id: "download", label: "Download", description: "Fetch delivered files out of hosted folders.", ofUsers: true },
  {
    id: "manage_templates",
    label: "Manage templates",
    description: "Save, share, change and delete templates.",
    ofUsers: true,
  },
  { id: "ingest", label: "Send records", description: "Put records into the lake.", ofUsers: false },
  { id: "audit", label: "Audit", description: "Read the audit log and the usage.", ofUsers: false },
  {
    id: "manage_datasets",
    label: "Manage datasets",
    description: "Add, change and delete datasets of your own.",
    ofUsers: false,
  },
  {
    id: "manage_destinations",
    label: "Manage destinations",
    description: "Add, test, change and delete destinations, confirm host keys, say who may deliver there.",
    ofUsers: false,
  },
  {
    id: "manage_credentials",
    label: "Manage credentials",
    description: "Make new keys of hosted folders, add and delete certificates.",
    ofUsers: false,
  },
  {
    id: "manage_subscriptions",
    label: "Manage notifications",
    description: "Say who is told of what by mail or webhook, and make webhooks' secrets anew.",
    ofUsers: false,
  },
  {
    id: "manage_keys",
    label: "Manage API keys",
    description: "Make keys with at most one's own permissions, and delete them.",
    ofUsers: false,
  },
];
