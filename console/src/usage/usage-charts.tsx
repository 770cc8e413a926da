import BarChart, { type BarChartProps } from "@cloudscape-design/components/bar-chart";
import Box from "@cloudscape-design/components/box";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import type { DayView } from "../api/description";
import { bytes, count, words } from "../parts/words";
import { statesOf } from "./states";
import "./usage-charts.css";

/** As people expect them; each has 3:1 against both backgrounds, and the legend names it. */
const COLOURS: Readonly<Record<string, string>> = {
  success: "#2c9c8f",
  partial: "#a8871a",
  failure: "#d64959",
  cancelled: "#7d8998",
};

/** So many bars are legible in half of the page. */
const MANY = 45;

type Series = BarChartProps<string>["series"];

export function UsageCharts({ days }: { days: readonly DayView[] }) {
  const of = (title: string, value: (day: DayView) => number, said: (number: number) => string): Series => [
    { title, type: "bar", data: days.map((day) => ({ x: day.day, y: value(day) })), valueFormatter: said },
  ];
  const outcomes: Series = statesOf(days).map((state) => ({
    title: words(state),
    type: "bar",
    ...(COLOURS[state] ? { color: COLOURS[state] } : {}),
    data: days.map((day) => ({ x: day.day, y: day.runs[state] ?? 0 })),
    valueFormatter: count,
  }));
  return (
    <ColumnLayout columns={days.length > MANY ? 1 : 2}>
      <Chart title="Bytes a day" days={days} series={of("Bytes", (day) => day.bytes, bytes)} said={bytes} />
      <Chart title="Rows a day" days={days} series={of("Rows", (day) => day.rows, count)} said={count} />
      <Chart title="Runs by outcome" days={days} series={outcomes} said={count} stacked />
    </ColumnLayout>
  );
}

interface Props {
  readonly title: string;
  readonly days: readonly DayView[];
  readonly series: Series;
  readonly stacked?: boolean;
  said(number: number): string;
}

function Chart({ title, days, series, said, stacked = false }: Props) {
  return (
    <Container header={<Header variant="h2">{title}</Header>}>
      <div className="wide-chart">
        <div style={{ minWidth: `${4 + days.length / 2}rem` }}>
          <BarChart
            series={series}
            xScaleType="categorical"
            xDomain={days.map((day) => day.day)}
            stackedBars={stacked}
            height={220}
            hideFilter
            hideLegend={!stacked}
            ariaLabel={title}
            ariaDescription="One bar for each day. The table below the charts has the same figures."
            i18nStrings={{ yTickFormatter: said, xTickFormatter: (day) => day.slice(5) }}
            empty={<Box textAlign="center">Nothing on these days.</Box>}
          />
        </div>
      </div>
    </Container>
  );
}
