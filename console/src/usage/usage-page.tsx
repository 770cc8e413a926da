import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import DateRangePicker, { type DateRangePickerProps } from "@cloudscape-design/components/date-range-picker";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf } from "../api/client";
import type { UsageReport } from "../api/description";
import { Empty } from "../parts/empty";
import { Failed } from "../parts/failed";
import { RANGE_WORDS } from "../parts/range-words";
import { Waiting } from "../parts/waiting";
import { bytes, count } from "../parts/words";
import { useApi } from "../session/session";
import { daysOf, isRangeOfDays, LAST_MONTH } from "./days";
import { UsageCharts } from "./usage-charts";
import { UsageTable } from "./usage-table";

const SUGGESTED: readonly DateRangePickerProps.RelativeOption[] = [
  { key: "week", amount: 7, unit: "day", type: "relative" },
  { key: "month", amount: 31, unit: "day", type: "relative" },
  { key: "quarter", amount: 93, unit: "day", type: "relative" },
];

/** What left, by day. */
export function UsagePage() {
  const api = useApi();
  const [range, setRange] = useState<DateRangePickerProps.Value>(LAST_MONTH);
  const report = useQuery({
    queryKey: ["usage", range],
    queryFn: () => bodyOf(api.GET("/usage", { params: { query: daysOf(range, Date.now()) } })),
  });
  return (
    <ContentLayout
      header={
        <Header variant="h1" description="What was delivered on every day in UTC. A run that was retried counts once.">
          Usage
        </Header>
      }
    >
      <SpaceBetween size="l">
        <FormField label="Days (UTC)" description="Up to 93 days at once.">
          <DateRangePicker
            value={range}
            dateOnly
            relativeOptions={SUGGESTED}
            isValidRange={isRangeOfDays}
            onChange={({ detail }) => detail.value && setRange(detail.value)}
            showClearButton={false}
            absoluteFormat="iso"
            dateInputFormat="iso"
            customRelativeRangeUnits={["day", "week", "month"]}
            i18nStrings={RANGE_WORDS}
          />
        </FormField>
        {report.error && <Failed failure={report.error} again={() => void report.refetch()} />}
        {report.isPending && <Waiting what="the usage" />}
        {report.data && <Shown report={report.data} />}
      </SpaceBetween>
    </ContentLayout>
  );
}

function Shown({ report: { items, totals } }: { report: UsageReport }) {
  const runs = Object.values(totals.runs).reduce((sum, one) => sum + one, 0);
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">In all</Header>}>
        <KeyValuePairs
          columns={4}
          items={[
            { label: "Runs that ended", value: count(runs) },
            { label: "Rows", value: count(totals.rows) },
            { label: "Bytes", value: bytes(totals.bytes) },
            { label: "Files", value: count(totals.files) },
          ]}
        />
      </Container>
      {runs === 0 ? (
        <Empty title="No run ended on these days">Choose other days, or look at the runs that go on.</Empty>
      ) : (
        <UsageCharts days={items} />
      )}
      <UsageTable days={items} />
    </SpaceBetween>
  );
}
