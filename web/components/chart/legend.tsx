"use client";
import type { ChartLine } from "../../data/chart.ts";
import type { Values } from "../../fleet/grids.ts";
import { formatClock } from "../../format/time.ts";
import { formatUnit, type Unit } from "../../format/unit.ts";
import { useTimeZone } from "../time-zone.tsx";
import { useCursor } from "./cursor.ts";
import type { Band } from "./time-chart.tsx";

type LegendProps = {
  readonly lines: readonly ChartLine[];
  readonly times: readonly number[];
  readonly unit: Unit;
  readonly colour: (index: number) => string;
  readonly band?: Band;
};

/** Each line's value at the page's cursor, else its newest. */
export function Legend({ lines, times, unit, colour, band }: LegendProps) {
  const cursor = useCursor();
  const zone = useTimeZone();
  const ts = cursor === null ? undefined : times[cursor.position];
  const at = (values: Values) => formatUnit(cursor === null ? newest(values) : values[cursor.position], unit);
  return (
    <ul className="legend">
      {lines.map((line, index) => (
        <li key={line.name}>
          <span className="swatch" style={{ background: colour(index) }} />
          {line.name}
          <span className="figure">{at(line.values)}</span>
        </li>
      ))}
      {band === undefined ? null : (
        <li>
          <span className="swatch band" style={{ background: colour(0) }} />
          {band.name}
          <span className="figure">
            {at(band.low)} to {at(band.high)}
          </span>
        </li>
      )}
      {ts === undefined ? null : <li>at {formatClock(ts, times.at(-1) ?? ts, zone)}</li>}
    </ul>
  );
}

/** Of the last two points: a value before that is history, not the present. */
function newest(values: Values): number | null {
  return values.at(-1) ?? values.at(-2) ?? null;
}
