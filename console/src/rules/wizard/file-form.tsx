import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { EnterNumber, EnterText } from "../../parts/enter-text";
import { PickOne } from "../../parts/pick-one";
import { ARCHIVES, COMPRESSIONS, CSV_PROFILES, FORMATS, PER, TIMES } from "../options";
import { encrypts } from "./draft";
import type { Drafting } from "./drafting";

/** The files themselves, and the archive around them. */
export function FileForm(drafting: Drafting) {
  const { draft, change, wrong } = drafting;
  const { journal } = draft;
  const mails = draft.data.some((one) => drafting.datasets.find((d) => d.name === one.dataset)?.journal);
  return (
    <>
      <Container header={<Header variant="h2">Files</Header>}>
        <SpaceBetween size="l">
          {(mails || journal) && (
            <Checkbox
              checked={journal != null}
              description="Each conversation is delivered as a mail in place of a data file."
              onChange={({ detail }) =>
                change({ journal: detail.checked ? { per: "channel", most_bytes: 10_000_000 } : null })
              }
            >
              Journal
            </Checkbox>
          )}
          <ColumnLayout columns={2}>
            {journal ? (
              <>
                <PickOne
                  label="Mails"
                  value={journal.per}
                  options={PER}
                  error={wrong("journal.per")}
                  onChange={(per) => change({ journal: { ...journal, per } })}
                />
                <EnterNumber
                  label="Bytes of a mail at most"
                  constraint="100000 to 25000000. A longer conversation comes as several mails."
                  value={journal.most_bytes}
                  error={wrong("journal")}
                  onChange={(most) => change({ journal: { ...journal, most_bytes: most ?? 0 } })}
                />
              </>
            ) : (
              <Formats {...drafting} />
            )}
            <PickOne
              label="Timestamps"
              value={draft.times}
              options={TIMES}
              error={wrong("times")}
              onChange={(times) => change({ times })}
            />
          </ColumnLayout>
        </SpaceBetween>
      </Container>
      <ArchiveForm {...drafting} />
    </>
  );
}

function Formats({ draft, change, wrong }: Drafting) {
  return (
    <>
      <PickOne
        label="Format"
        value={draft.format}
        options={FORMATS}
        error={wrong("format")}
        onChange={(format) => change({ format })}
      />
      {draft.format === "csv" && (
        <PickOne
          label="Kind of CSV"
          value={draft.csv}
          options={CSV_PROFILES}
          error={wrong("csv")}
          onChange={(csv) => change({ csv })}
        />
      )}
      <PickOne
        label="Compression"
        value={draft.compression}
        options={COMPRESSIONS}
        error={wrong("compression")}
        onChange={(compression) => change({ compression })}
      />
    </>
  );
}

function ArchiveForm({ draft, change, wrong, keepsPassword }: Drafting) {
  const { archive } = draft;
  const put = (part: Partial<typeof archive>) => change({ archive: { ...archive, ...part } });
  return (
    <Container header={<Header variant="h2">Archive</Header>}>
      <SpaceBetween size="l">
        <ColumnLayout columns={2}>
          <PickOne
            label="Archive"
            value={archive.method}
            options={ARCHIVES}
            error={wrong("archive.method")}
            onChange={(method) => put({ method, ...(encrypts({ archive: { method } }) ? {} : { password: null }) })}
          />
          {encrypts(draft) && (
            <EnterText
              label={keepsPassword ? "New password" : "Password"}
              type="password"
              description={
                keepsPassword
                  ? "Leave it empty to keep the one there is."
                  : "It is never shown again. Give it to the receiver yourself."
              }
              constraint="12 characters or more"
              value={archive.password ?? ""}
              error={wrong("archive.password")}
              onChange={(password) => put({ password })}
            />
          )}
          {archive.method !== "none" && (
            <EnterNumber
              label="Bytes of a volume at most, optional"
              constraint="10000000 or more: the archive then comes as several complete ones. Empty means one."
              value={archive.volume_bytes}
              error={wrong("archive.volume_bytes")}
              onChange={(volume_bytes) => put({ volume_bytes })}
            />
          )}
        </ColumnLayout>
        {archive.method === "zip_crypto" && (
          <Alert type="warning" header="ZipCrypto is weak">
            Whoever knows a part of the content can open the archive without its password. Choose AES-256 unless your
            receiver's tools open nothing else.
          </Alert>
        )}
      </SpaceBetween>
    </Container>
  );
}
