"use client";
import { TimeChart } from "../components/chart/time-chart.tsx";
import { useRead } from "../components/use-read.ts";
import type { FleetHistory, HistoryQuantity } from "../data/fleet.ts";
import { extentOf } from "../fleet/grids.ts";
import type { Shown } from "../fleet/quantities.ts";
import { formatUnit, type Unit } from "../format/unit.ts";

const QUANTITY: Readonly<Record<Shown, { quantity: HistoryQuantity; unit: Unit; title: string }>> = {
  utilisation: { quantity: "utilisation", unit: "percent", title: "Utilisation" },
  temperature: { quantity: "temperature", unit: "celsius", title: "Temperature" },
  power: { quantity: "power", unit: "watts", title: "Power" },
  memory: { quantity: "memoryUsed", unit: "bytes", title: "Memory used" },
  clock: { quantity: "smClock", unit: "megahertz", title: "SM clock" },
};

/** The fleet over the time range: the chosen metric's spread, and the power of all together. */
export function FleetHistoryCharts({ metric }: { metric: Shown }) {
  const { quantity, unit, title } = QUANTITY[metric];
  const spread = useRead<FleetHistory>("fleet-history", { quantity }, null).data;
  const power = useRead<FleetHistory>("fleet-history", { quantity: "power" }, null).data;
  return (
    <section className="section" aria-label="The fleet over time">
      <h2>Over this range</h2>
      <div className="charts">
        <Spread title={title} unit={unit} history={spread} />
        <Total history={power} />
      </div>
    </section>
  );
}

function Spread({ title, unit, history }: { title: string; unit: Unit; history: FleetHistory | null }) {
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

function Total({ history }: { history: FleetHistory | null }) {
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
      lines={[{ name: "power", values: totals }]}
    />
  );
}
