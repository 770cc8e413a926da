import { isAddress, type Kind, LIMITS, path } from "./setting";

export const AZURE_BLOB: Kind = {
  id: "azure_blob",
  label: "Azure Blob Storage",
  description: "A container in a storage account of yours.",
  before: "You need a container, and a connection string with the account's key or with a shared access signature.",
  settings: [
    {
      name: "container",
      label: "Container name",
      type: "text",
      placeholder: "exports",
      doubt: (value) => (isAddress(value) ? "The name alone, without the address." : undefined),
    },
    {
      name: "connection_string",
      label: "Connection string",
      type: "secret",
      placeholder: "DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…",
      description:
        "In the Azure portal: your storage account, Access keys; or Shared access signature, with read, write, create and delete for blobs.",
      doubt: (value) =>
        isAddress(value)
          ? "This is the address of a signature. Write it as BlobEndpoint=https://account.blob.core.windows.net;SharedAccessSignature=sv=…"
          : undefined,
    },
    path("Folder", "container"),
    ...LIMITS,
  ],
};
