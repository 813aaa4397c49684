"use client";
import { useMemo } from "react";
import { type Annotation, TimeChart } from "../components/chart/time-chart.tsx";
import { useRead } from "../components/use-read.ts";
import type { FleetHistory, HistoryQuantity } from "../data/fleet.ts";
import type { FleetEvents } from "../data/fleet-events.ts";
import { extentOf } from "../fleet/grids.ts";
import type { Shown } from "../fleet/quantities.ts";
import { formatUnit, type Unit } from "../format/unit.ts";
import { EventList } from "./fleet-events.tsx";

const QUANTITY: Readonly<Record<Shown, { quantity: HistoryQuantity; unit: Unit; title: string }>> = {
  utilisation: { quantity: "utilisation", unit: "percent", title: "Utilisation" },
  temperature: { quantity: "temperature", unit: "celsius", title: "Temperature" },
  power: { quantity: "power", unit: "watts", title: "Power" },
  memory: { quantity: "memoryUsed", unit: "bytes", title: "Memory used" },
  clock: { quantity: "smClock", unit: "megahertz", title: "SM clock" },
};

/** More marks than this would hide what they mark. */
const MAX_MARKS = 12;

/** The fleet over the time range: the chosen metric's spread, the power of all together, and what was wrong. */
export function FleetHistoryCharts({ metric }: { metric: Shown }) {
  const { quantity, unit, title } = QUANTITY[metric];
  const spread = useRead<FleetHistory>("fleet-history", { quantity }, null).data;
  const power = useRead<FleetHistory>("fleet-history", { quantity: "power" }, null).data;
  const happened = useRead<FleetEvents>("fleet-events", {}, null).data;
  const marks = useMemo(
    () =>
      (happened?.events ?? [])
        .filter((event) => !event.earlier)
        .slice(0, MAX_MARKS)
        .map(({ kind, fromMs }): Annotation => ({ ts: fromMs, kind })),
    [happened],
  );
  return (
    <section className="section" aria-label="The fleet over time">
      <h2>Over this range</h2>
      <div className="charts">
        <Spread title={title} unit={unit} history={spread} marks={marks} />
        <Total history={power} marks={marks} />
      </div>
      <EventList data={happened} />
    </section>
  );
}

type SpreadProps = {
  readonly title: string;
  readonly unit: Unit;
  readonly history: FleetHistory | null;
  readonly marks: readonly Annotation[];
};

function Spread({ title, unit, history, marks }: SpreadProps) {
  if (history === null) return <div className="skeleton" style={{ height: 210 }} />;
  const { points } = history;
  const median = extentOf(points.map((point) => point.median));
  const words =
    median === null
      ? title
      : `${title}: the median GPU was between ${formatUnit(median.min, unit)} and ${formatUnit(median.max, unit)}`;
  return (
    <TimeChart
      id="spread"
      title={words}
      times={points.map((point) => point.ts)}
      unit={unit}
      firstColour={5}
      annotations={marks}
      band={{
        name: "10 to 90 % of GPUs",
        low: points.map((point) => point.low),
        high: points.map((point) => point.high),
      }}
      lines={[
        { name: "median", values: points.map((point) => point.median) },
        { name: "highest", values: points.map((point) => point.top) },
      ]}
    />
  );
}

function Total({ history, marks }: { history: FleetHistory | null; marks: readonly Annotation[] }) {
  if (history === null) return <div className="skeleton" style={{ height: 210 }} />;
  const totals = history.points.map((point) => point.total);
  const extent = extentOf(totals);
  const words =
    extent === null
      ? "Power, all together"
      : `Power, all together: between ${formatUnit(extent.min, "watts")} and ${formatUnit(extent.max, "watts")}`;
  return (
    <TimeChart
      id="power"
      title={words}
      times={history.points.map((point) => point.ts)}
      unit="watts"
      zero
      firstColour={5}
      annotations={marks}
      lines={[{ name: "power", values: totals }]}
    />
  );
}
