import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import Header from "@cloudscape-design/components/header";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { TableProps } from "@cloudscape-design/components/table";
import { useState } from "react";
import { bodyOf } from "../api/client";
import type { FileView, RunView } from "../api/description";
import { useNotices } from "../frame/notices";
import { Empty } from "../parts/empty";
import { ListTable } from "../parts/list-table";
import type { Paged } from "../parts/paged";
import { bytes, count, instant, words } from "../parts/words";
import { useApi, useMay } from "../session/session";
import { isGoingOn } from "./sentence";

interface Props {
  readonly run: RunView;
  readonly files: Paged<FileView>;
  /** Ids of hosted destinations, whose files can be had by a link. */
  readonly hosted: readonly string[];
  nameOf(destination: string): string;
}

/** A run's files with what the destinations answered for each. */
export function RunFiles({ run, files, hosted, nameOf }: Props) {
  const may = useMay();
  const numbered = files.items.map((file, number) => ({ ...file, number }));
  const inFolder = (file: FileView) => file.receipts.some((one) => hosted.includes(one.destination_id));
  const downloads = may("download") && files.items.some(inFolder);
  const all: TableProps.ColumnDefinition<FileView & { number: number }>[] = [
    { id: "name", header: "File", isRowHeader: true, minWidth: 200, cell: (file) => file.name },
    { id: "kind", header: "Kind", cell: (file) => words(file.kind) },
    { id: "rows", header: "Rows", cell: (file) => count(file.rows) },
    { id: "size", header: "Size", minWidth: 95, cell: (file) => bytes(file.size) },
    { id: "sha256", header: "SHA-256", cell: (file) => <Sum file={file} /> },
    { id: "receipts", header: "Receipts", minWidth: 180, cell: (file) => <Receipts file={file} nameOf={nameOf} /> },
    {
      id: "download",
      header: "Download",
      cell: (file) => (inFolder(file) ? <Download run={run} file={file} number={file.number} /> : "–"),
    },
  ];
  return (
    <ListTable
      what="files"
      list={{ ...files, items: numbered }}
      header={
        <Header variant="h2" description="Each as the destinations confirmed it. The manifest goes last.">
          Files
        </Header>
      }
      empty={
        <Empty title="No files">
          {isGoingOn(run) ? "They are listed once they are packaged." : "The run delivered no file."}
        </Empty>
      }
      columnDefinitions={all.filter((one) => one.id !== "download" || downloads)}
    />
  );
}

function Sum({ file }: { file: FileView }) {
  return (
    <Box variant="code" fontSize="body-s">
      {file.sha256.slice(0, 12)}…{" "}
      <CopyToClipboard
        variant="icon"
        textToCopy={file.sha256}
        copyButtonAriaLabel={`Copy the SHA-256 of ${file.name}`}
        copySuccessText="Copied"
        copyErrorText="It could not be copied"
      />
    </Box>
  );
}

function Receipts({ file, nameOf }: { file: FileView; nameOf: (id: string) => string }) {
  if (file.receipts.length === 0) return <StatusIndicator type="pending">None yet</StatusIndicator>;
  return (
    <>
      {file.receipts.map((one) => (
        <div key={one.destination_id}>
          <StatusIndicator type="success">{nameOf(one.destination_id)}</StatusIndicator>
          <Box variant="small" color="text-body-secondary" display="block">
            {instant(one.time)} UTC,{" "}
            {one.compared ? `compared by ${words(one.compared).toLowerCase()}` : bytes(one.size)}
          </Box>
        </div>
      ))}
    </>
  );
}

function Download({ run, file, number }: { run: RunView; file: FileView; number: number }) {
  const api = useApi();
  const notices = useNotices();
  const [asking, setAsking] = useState(false);
  async function fetchIt() {
    setAsking(true);
    try {
      const path = { run_id: run.run_id, number };
      const { url } = await bodyOf(api.POST("/runs/{run_id}/files/{number}/link", { params: { path } }));
      location.assign(url);
    } catch (failure) {
      notices.failed(failure);
    } finally {
      setAsking(false);
    }
  }
  return (
    <Button
      variant="inline-icon"
      iconName="download"
      ariaLabel={`Download ${file.name}`}
      loading={asking}
      onClick={() => void fetchIt()}
    />
  );
}
