import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import FormField from "@cloudscape-design/components/form-field";
import Multiselect from "@cloudscape-design/components/multiselect";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { fieldOptions } from "../../filter/fields";
import { EnterNumber } from "../../parts/enter-text";
import { PickOne } from "../../parts/pick-one";
import { EMPTY_WINDOWS, EXCEPTIONS, LOGS } from "../options";
import type { Drafting } from "./drafting";
import { More } from "./more";

const ORDERS = [
  { value: "arrival", label: "As rows came into the lake" },
  { value: "time", label: "In order of time" },
] as const;

/** The order of rows, and how many a file holds. */
export function RowsForm({ draft, change, wrong }: Drafting) {
  const { file_limit } = draft;
  return (
    <More
      title="Order and size of data files"
      wrong={["order", "duplicates", "file_limit"].some((one) => wrong(one) !== undefined)}
    >
      <ColumnLayout columns={2}>
        <PickOne
          label="Order of rows"
          value={draft.order}
          options={ORDERS}
          error={wrong("order")}
          onChange={(order) => change(order === "time" ? { order } : { order, duplicates: "keep" })}
        />
        <FormField label="Duplicates" errorText={wrong("duplicates")}>
          <Checkbox
            checked={draft.duplicates === "drop"}
            disabled={draft.order !== "time"}
            description="Rows of one key and time; needs the order of time."
            onChange={({ detail }) => change({ duplicates: detail.checked ? "drop" : "keep" })}
          >
            Deliver rows of the same key and time once
          </Checkbox>
        </FormField>
        <EnterNumber
          label="Rows of a file at most, optional"
          value={file_limit.rows}
          error={wrong("file_limit.rows")}
          onChange={(rows) => change({ file_limit: { ...file_limit, rows } })}
        />
        <EnterNumber
          label="Bytes of a file at most, optional"
          constraint="1000000 or more, before compression"
          value={file_limit.bytes}
          error={wrong("file_limit.bytes") ?? wrong("file_limit")}
          onChange={(bytes) => change({ file_limit: { ...file_limit, bytes } })}
        />
      </ColumnLayout>
    </More>
  );
}

/** What is delivered beside the data. */
export function BesidesForm({ draft, datasets, change, wrong }: Drafting) {
  const { detail_records } = draft;
  const chosen = datasets.filter((one) => draft.data.some((choice) => choice.dataset === one.name));
  const fields = [...new Map(chosen.flatMap((one) => one.fields).map((one) => [one.name, one])).values()];
  const put = (part: Partial<typeof detail_records>) => change({ detail_records: { ...detail_records, ...part } });
  const formats = (format: "csv" | "pdf", asked: boolean) =>
    put({
      formats: (["csv", "pdf"] as const).filter((one) =>
        one === format ? asked : detail_records.formats.includes(one),
      ),
    });
  return (
    <More
      title="Beside the data"
      description="Schema files and lists for people."
      wrong={wrong("detail_records") !== undefined}
    >
      <Checkbox
        checked={draft.schema_file}
        description="Names, types and meanings of the columns."
        onChange={({ detail }) => change({ schema_file: detail.checked })}
      >
        A schema file for each dataset
      </Checkbox>
      <FormField
        label="Detail records"
        description="Lists of all delivered rows, for people."
        errorText={wrong("detail_records.formats")}
      >
        <SpaceBetween size="xs">
          {(["csv", "pdf"] as const).map((format) => (
            <Checkbox
              key={format}
              checked={detail_records.formats.includes(format)}
              onChange={({ detail }) => formats(format, detail.checked)}
            >
              As {format.toUpperCase()}
            </Checkbox>
          ))}
        </SpaceBetween>
      </FormField>
      {detail_records.formats.length > 0 && (
        <FormField
          label="Their fields, optional"
          constraintText="None means the usual ones. A PDF has at most 24 columns."
          errorText={wrong("detail_records.fields")}
        >
          <Multiselect
            options={fieldOptions(fields)}
            selectedOptions={detail_records.fields.map((value) => ({ value, label: value }))}
            filteringType="auto"
            filteringAriaLabel="Find a field"
            placeholder="Choose fields"
            expandToViewport
            tokenLimit={8}
            deselectAriaLabel={(one) => `Leave out ${one.label}`}
            i18nStrings={{ tokenLimitShowMore: "Show more", tokenLimitShowFewer: "Show fewer" }}
            onChange={({ detail }) => put({ fields: detail.selectedOptions.flatMap((one) => one.value ?? []) })}
          />
        </FormField>
      )}
    </More>
  );
}

/** What happens where there is nothing, or something is wrong. */
export function TroubleForm({ draft, change, wrong }: Drafting) {
  const paths = ["empty_window", "max_rejects", "on_exceptions", "pause_after_failures", "log"];
  return (
    <More title="When something is missing or fails" wrong={paths.some((one) => wrong(one) !== undefined)}>
      <ColumnLayout columns={2}>
        <PickOne
          label="For a window without rows, deliver"
          value={draft.empty_window}
          options={EMPTY_WINDOWS}
          error={wrong("empty_window")}
          onChange={(empty_window) => change({ empty_window })}
        />
        <PickOne
          label="Media that cannot be packaged"
          value={draft.on_exceptions}
          options={EXCEPTIONS}
          error={wrong("on_exceptions")}
          onChange={(on_exceptions) => change({ on_exceptions })}
        />
        <EnterNumber
          label="Rows that cannot be read at most"
          description="They are delivered as rejects. With more, the run fails."
          value={draft.max_rejects}
          error={wrong("max_rejects")}
          onChange={(most) => change({ max_rejects: most ?? 0 })}
        />
        <EnterNumber
          label="Pause after so many failures in a row"
          description="Failures that only you can mend. Empty means never."
          constraint="1 to 100"
          value={draft.pause_after_failures}
          error={wrong("pause_after_failures")}
          onChange={(pause_after_failures) => change({ pause_after_failures })}
        />
        <PickOne
          label="Log"
          value={draft.log}
          options={LOGS}
          error={wrong("log")}
          onChange={(log) => change({ log })}
        />
      </ColumnLayout>
    </More>
  );
}
