import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Modal from "@cloudscape-design/components/modal";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf } from "../api/client";
import type { ListAnswer, ListFormat } from "../api/description";
import { asProblem } from "../api/problem";
import { EnterText } from "../parts/enter-text";
import { Failed } from "../parts/failed";
import { bytes } from "../parts/words";
import { ownZone, zones } from "../rules/zoned";
import { useApi } from "../session/session";
import { type Asked, requestOf } from "./question";

const FORMATS: { value: ListFormat; label: string; description: string }[] = [
  { value: "csv", label: "CSV", description: "Up to 100,000 rows, for spreadsheets." },
  { value: "xlsx", label: "Excel (XLSX)", description: "Up to 100,000 rows." },
  { value: "pdf", label: "PDF", description: "Up to 10,000 rows, with title and page numbers." },
];

/** All rows of a question as one file, fetched by a link. */
export function ExportList({ asked, close }: { asked: Asked; close(): void }) {
  const api = useApi();
  const [format, setFormat] = useState<ListFormat>("csv");
  const [title, setTitle] = useState("");
  const [zone, setZone] = useState(ownZone);
  const make = useMutation({
    mutationFn: () =>
      bodyOf(
        api.POST("/datasets/{name}/list", {
          params: { path: { name: asked.dataset } },
          body: { ...requestOf(asked), format, zone, ...(title.trim() ? { title: title.trim() } : {}) },
        }),
      ),
  });
  const problem = make.error ? asProblem(make.error) : null;
  const placed = problem?.of("title") ?? problem?.of("zone");
  const all = zones().map((one) => ({ value: one, label: one }));
  return (
    <Modal
      visible
      header="Export as file"
      closeAriaLabel="Close"
      onDismiss={close}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={close}>
              {make.data ? "Close" : "Cancel"}
            </Button>
            {!make.data && (
              <Button
                variant="primary"
                loading={make.isPending}
                loadingText="Making the file"
                onClick={() => make.mutate()}
              >
                Make file
              </Button>
            )}
          </SpaceBetween>
        </Box>
      }
    >
      {make.data ? (
        <Made list={make.data} />
      ) : (
        <SpaceBetween size="m">
          <FormField label="Format">
            <RadioGroup
              items={FORMATS}
              value={format}
              onChange={({ detail }) => setFormat(detail.value as ListFormat)}
            />
          </FormField>
          <EnterText
            label="Title"
            description="At the head of the list. Empty: the dataset's own."
            value={title}
            error={problem?.of("title")}
            onChange={setTitle}
          />
          <FormField label="Zone of its times" errorText={problem?.of("zone")}>
            <Select
              options={all}
              selectedOption={all.find((one) => one.value === zone) ?? null}
              filteringType="auto"
              onChange={({ detail }) => setZone(detail.selectedOption.value ?? "UTC")}
            />
          </FormField>
          {problem && !placed && <Failed failure={problem} />}
        </SpaceBetween>
      )}
    </Modal>
  );
}

function Made({ list }: { list: ListAnswer }) {
  return (
    <SpaceBetween size="m">
      <Alert type="success">
        The file is made. The link works for {Math.round(list.expires_in / 60)} minutes, for anyone who has it. That you
        made it is in the audit log.
      </Alert>
      <Button href={list.url} target="_blank" iconName="download" variant="primary">
        Download {list.name} ({bytes(list.size)})
      </Button>
    </SpaceBetween>
  );
}
