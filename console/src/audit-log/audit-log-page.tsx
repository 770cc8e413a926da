import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Form from "@cloudscape-design/components/form";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { bodyOf } from "../api/client";
import type { Entry } from "../api/description";
import { Copied } from "../parts/copied";
import { Empty } from "../parts/empty";
import { ListTable } from "../parts/list-table";
import { usePaged } from "../parts/paged";
import { useApi } from "../session/session";
import { actionOf } from "./actions";
import { EntryDetails } from "./entry-details";
import { StageOf } from "./stage-of";
import { Things } from "./things";

interface Asked {
  readonly by: string;
  readonly thing: string;
}

const ALL: Asked = { by: "", thing: "" };

/** Who did what to which thing, the newest first. */
export function AuditLogPage() {
  const api = useApi();
  const [asked, setAsked] = useState(ALL);
  const [looking, setLooking] = useState<Entry>();
  const entries = usePaged<Entry>(["audit-log", asked], (cursor) => {
    const query = Object.fromEntries(Object.entries({ ...asked, cursor }).filter(([, value]) => value));
    return bodyOf(api.GET("/audit-log", { params: { query } }));
  });
  const newest = asked.by || asked.thing ? undefined : entries.items[0];
  return (
    <>
      <ListTable
        what="entries"
        list={entries}
        variant="full-page"
        header={
          <Header
            variant="h1"
            description="Every request that changes something, or lets data leave, has two entries: asked, then done or refused."
          >
            Audit log
          </Header>
        }
        filter={
          <SpaceBetween size="s">
            <Filter asked={asked} onAsk={setAsked} />
            {newest && (
              <Box color="text-body-secondary" fontSize="body-s">
                Keep the newest hash, and you can tell later whether anything up to here was changed:{" "}
                <Copied what="Newest hash" text={newest.sha256} />
              </Box>
            )}
          </SpaceBetween>
        }
        empty={
          asked.by || asked.thing ? (
            <Empty title="No entry is like that">Names and ids must be spelled as they are.</Empty>
          ) : (
            <Empty title="No entries yet">The first request that changes something will be here.</Empty>
          )
        }
        columnDefinitions={[
          { id: "number", header: "Number", isRowHeader: true, cell: (one) => one.number },
          { id: "at", header: "At (UTC)", minWidth: 180, cell: (one) => one.at.slice(0, 19).replace("T", " ") },
          { id: "by", header: "By", minWidth: 110, cell: (one) => one.by },
          { id: "action", header: "Action", minWidth: 150, cell: (one) => actionOf(one.action) },
          { id: "things", header: "Thing", cell: (one) => <Things things={one.things} /> },
          { id: "stage", header: "Stage", minWidth: 120, cell: (one) => <StageOf entry={one} /> },
          {
            id: "details",
            header: "Details",
            cell: (one) => (
              <Button
                variant="inline-icon"
                iconName="file-open"
                ariaLabel={`Show entry ${one.number}`}
                onClick={() => setLooking(one)}
              />
            ),
          },
        ]}
      />
      {looking && <EntryDetails entry={looking} close={() => setLooking(undefined)} />}
    </>
  );
}

function Filter({ asked, onAsk }: { asked: Asked; onAsk(asked: Asked): void }) {
  const [typed, setTyped] = useState(asked);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onAsk({ by: typed.by.trim(), thing: typed.thing.trim() });
      }}
    >
      <Form>
        <SpaceBetween direction="horizontal" size="xs">
          <Input
            ariaLabel="By: the caller's name"
            placeholder="By: a caller's name"
            value={typed.by}
            onChange={({ detail }) => setTyped({ ...typed, by: detail.value })}
          />
          <Input
            ariaLabel="Thing: its id"
            placeholder="Thing: its id"
            value={typed.thing}
            onChange={({ detail }) => setTyped({ ...typed, thing: detail.value })}
          />
          <Button formAction="submit" iconName="search">
            Filter
          </Button>
          {(asked.by || asked.thing) && (
            <Button
              formAction="none"
              variant="link"
              onClick={() => {
                setTyped(ALL);
                onAsk(ALL);
              }}
            >
              Show all
            </Button>
          )}
        </SpaceBetween>
      </Form>
    </form>
  );
}
