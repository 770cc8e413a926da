import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf } from "../api/client";
import type { AccountView, GapReport, RuleView } from "../api/description";
import { asProblem } from "../api/problem";
import { useNotices } from "../frame/notices";
import { DayField } from "../parts/day-field";
import { Empty } from "../parts/empty";
import { Failed } from "../parts/failed";
import { Link } from "../parts/link";
import { Outcome } from "../parts/outcome";
import { saveAs } from "../parts/save-as";
import { count, span, words } from "../parts/words";
import { useApi } from "../session/session";
import { instantAt } from "./zoned";

/** Is every row delivered? Window by window, and in all. */
export function GapsTab({ rule }: { rule: RuleView }) {
  const api = useApi();
  const notices = useNotices();
  const { zone } = rule.settings.schedule;
  const [first, setFirst] = useState("");
  const [last, setLast] = useState("");
  const [counted, setCounted] = useState(false);
  const from = instantAt(first, "00:00", zone);
  const to = instantAt(last, "00:00", zone);
  const query = {
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
    ...(counted ? { count: "source" as const } : {}),
  };
  const path = { rule_id: rule.rule_id };
  const found = useQuery({
    queryKey: ["gaps", rule.rule_id, query],
    queryFn: () => bodyOf(api.GET("/rules/{rule_id}/gaps", { params: { path, query } })) as Promise<GapReport>,
    retry: false,
  });
  const said = found.error ? asProblem(found.error) : null;

  async function csv() {
    try {
      const asked = { params: { path, query: { ...query, as: "csv" as const } }, parseAs: "text" as const };
      const text = await bodyOf(api.GET("/rules/{rule_id}/gaps", asked));
      saveAs(`gaps of ${rule.settings.name}.csv`, new Blob([String(text)], { type: "text/csv" }));
    } catch (failure) {
      notices.failed(failure);
    }
  }

  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header
            variant="h2"
            description="Each window with what was delivered of it; the last 31 days, if you choose no others."
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button
                  onClick={() => setCounted(true)}
                  loading={counted && found.isFetching}
                  disabled={counted && !found.isFetching}
                >
                  Count the source's rows
                </Button>
                <Button iconName="download" onClick={() => void csv()}>
                  Download CSV
                </Button>
              </SpaceBetween>
            }
          >
            Gaps
          </Header>
        }
      >
        <SpaceBetween size="l">
          <SpaceBetween direction="horizontal" size="m">
            <DayField label="From" value={first} error={said?.of("from")} constraint={false} onChange={setFirst} />
            <DayField
              label="To, not included"
              value={last}
              error={said?.of("to")}
              constraint={false}
              onChange={setLast}
            />
          </SpaceBetween>
          {found.data && <Totals report={found.data} />}
        </SpaceBetween>
      </Container>
      {said && said.errors.length === 0 && <Failed failure={said} again={() => void found.refetch()} />}
      <Table<AccountView>
        items={found.data?.items ?? []}
        loading={found.isPending}
        loadingText="Loading windows…"
        ariaLabels={{ tableLabel: "Windows" }}
        wrapLines
        empty={<Empty title="No windows">The rule has none in this time.</Empty>}
        columnDefinitions={[
          {
            id: "window",
            header: `Window, ${zone}`,
            isRowHeader: true,
            minWidth: 130,
            cell: (one) => span(one.start, one.end, zone),
          },
          { id: "state", header: "State", minWidth: 130, cell: (one) => <Outcome state={one.state} /> },
          { id: "delivered", header: "Rows delivered", cell: (one) => count(one.rows_delivered) },
          { id: "source", header: "Rows in the source", cell: (one) => count(one.rows_in_source) },
          { id: "difference", header: "Difference", cell: (one) => count(one.difference) },
          { id: "rejects", header: "Rejects", cell: (one) => count(one.rejects) },
          {
            id: "runs",
            header: "Runs",
            minWidth: 90,
            cell: (one) =>
              one.run_ids.map((id) => (
                <div key={id}>
                  <Link to={`/runs/${id}`}>Run {id.split(".").at(-1)}</Link>
                </div>
              )),
          },
          { id: "message", header: "Notes", cell: (one) => one.message || "–" },
        ]}
      />
    </SpaceBetween>
  );
}

function Totals({ report }: { report: GapReport }) {
  const { totals } = report;
  const windows = Object.entries(totals.windows).filter(([, number]) => number > 0);
  return (
    <KeyValuePairs
      columns={4}
      items={[
        {
          label: "Is every row delivered?",
          value: <Complete complete={totals.complete} counted={report.source_counted} />,
        },
        {
          label: "Windows",
          value:
            windows.map(([state, number]) => `${count(number)} ${words(state).toLowerCase()}`).join(", ") || "None",
        },
        { label: "Rows delivered", value: count(totals.rows_delivered) },
        { label: "Rows in the source", value: count(totals.rows_in_source) },
        { label: "Difference", value: count(totals.difference) },
        { label: "Came late", value: count(totals.late) },
        { label: "Rejects", value: count(totals.rejects) },
      ]}
    />
  );
}

function Complete({ complete, counted }: { complete: boolean | null; counted: boolean }) {
  if (complete === true) return <StatusIndicator type="success">Yes</StatusIndicator>;
  if (complete === false) return <StatusIndicator type="error">No</StatusIndicator>;
  return <Box color="text-status-inactive">{counted ? "It is not known yet" : "Count the source's rows to know"}</Box>;
}
