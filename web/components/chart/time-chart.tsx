"use client";
import { memo, type ReactNode, useId, useMemo } from "react";
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from "recharts";
import type { ChartLine } from "../../data/chart.ts";
import type { GpuState } from "../../fleet/gpu.ts";
import { gapSpans, type Values } from "../../fleet/grids.ts";
import { formatTick, timeTicks } from "../../format/time.ts";
import { formatUnit, type Unit } from "../../format/unit.ts";
import { Shape, stateColour } from "../state-mark.tsx";
import { useTimeZone } from "../time-zone.tsx";
import { type AxisRange, axisTicks, tickLabels } from "./axis.ts";
import { setCursor } from "./cursor.ts";
import { Legend } from "./legend.tsx";

/** Drawn as an area behind the lines. */
export type Band = { readonly name: string; readonly low: Values; readonly high: Values };
/** Something began: a thin mark with the shape of what it was. */
export type Annotation = { readonly ts: number; readonly kind: GpuState };

export type TimeChartProps = {
  readonly id: string;
  readonly title: ReactNode;
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly unit: Unit;
  readonly zero?: boolean;
  readonly band?: Band;
  readonly annotations?: readonly Annotation[];
  /** Series colour of the first line; the others follow in order. */
  readonly firstColour?: number;
};

/** Beyond this many lines a chart cannot be read. */
const MAX_LINES = 8;
const HEIGHT = 168;

const NO_ANNOTATIONS: readonly Annotation[] = [];

/** Lines over time. One cursor runs over all charts of the page; the legends tell the values at it. */
export const TimeChart = memo(function TimeChart(props: TimeChartProps) {
  const { id, title, times, unit, zero = false, annotations = NO_ANNOTATIONS, band } = props;
  const lines = props.lines.slice(0, MAX_LINES);
  const colour = (index: number) => `var(--series-${(((props.firstColour ?? 1) - 1 + index) % 8) + 1})`;
  const axis = useMemo(() => {
    const edges = band === undefined ? [] : [{ values: band.low }, { values: band.high }];
    return axisTicks([...props.lines, ...edges], unit, zero);
  }, [props.lines, band, unit, zero]);
  return (
    <figure className="chart">
      <h3>{title}</h3>
      <Legend lines={lines} times={times} unit={unit} colour={colour} {...(band === undefined ? {} : { band })} />
      <div className="plot">
        {axis === null ? (
          <p className="quiet small">No sample in this range.</p>
        ) : (
          <Plot
            id={id}
            times={times}
            lines={lines}
            unit={unit}
            axis={axis}
            annotations={annotations}
            colour={colour}
            {...(band === undefined ? {} : { band })}
          />
        )}
      </div>
    </figure>
  );
});

type PlotProps = {
  readonly id: string;
  readonly times: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly unit: Unit;
  readonly axis: AxisRange;
  readonly band?: Band;
  readonly annotations: readonly Annotation[];
  readonly colour: (index: number) => string;
};

function Plot({ id, times, lines, unit, axis, band, annotations, colour }: PlotProps) {
  const zone = useTimeZone();
  const hatch = useId();
  const rows = useMemo(
    () =>
      times.map((ts, position) => ({
        ts,
        values: lines.map((line) => line.values[position] ?? null),
        band: bandAt(band, position),
      })),
    [times, lines, band],
  );
  const gaps = useMemo(() => gapSpans(lines, times.length).filter((gap) => gap.to > gap.from), [lines, times]);
  const labels = useMemo(() => {
    const texts = tickLabels(axis.ticks, unit);
    return new Map(axis.ticks.map((tick, index) => [tick, texts[index]?.replaceAll(" ", "\u00a0")]));
  }, [axis, unit]);
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? 0;
  return (
    <ResponsiveContainer width="100%" height={HEIGHT} initialDimension={{ width: 580, height: HEIGHT }}>
      <ComposedChart
        data={rows}
        margin={{ top: 10, right: 8, bottom: 0, left: 0 }}
        syncId="page"
        accessibilityLayer={false}
        onMouseMove={(state) => {
          const position = Number(state.activeTooltipIndex);
          if (Number.isInteger(position)) setCursor({ position, chart: id, nearest: null });
        }}
        onMouseLeave={() => setCursor(null)}
      >
        <defs>
          <pattern id={hatch} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line x1="0" y1="0" x2="0" y2="6" stroke="var(--line-strong)" strokeWidth="1.5" />
          </pattern>
        </defs>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="ts"
          type="number"
          domain={[first, last]}
          ticks={timeTicks(first, last, 6)}
          tickFormatter={(ts: number) => formatTick(ts, last - first, zone)}
          tickLine={false}
          axisLine={{ stroke: "var(--line-strong)" }}
          height={22}
          minTickGap={16}
        />
        <YAxis
          domain={[axis.low, axis.high]}
          ticks={[...axis.ticks]}
          tickFormatter={(value: number) => labels.get(value) ?? formatUnit(value, unit)}
          width={72}
          interval={0}
          tickLine={false}
          axisLine={false}
          allowDataOverflow
        />
        <Tooltip
          content={() => null}
          cursor={{ stroke: "var(--text-faint)", strokeWidth: 1 }}
          isAnimationActive={false}
        />
        {gaps.map((gap) => (
          <ReferenceArea
            key={gap.from}
            x1={times[gap.from] ?? first}
            x2={times[gap.to] ?? last}
            y1={axis.low}
            y2={axis.high}
            fill={`url(#${hatch})`}
            fillOpacity={0.7}
            ifOverflow="hidden"
          />
        ))}
        {annotations.map((mark) => (
          <ReferenceLine
            key={`${mark.ts} ${mark.kind}`}
            x={mark.ts}
            stroke={stateColour(mark.kind)}
            strokeDasharray="3 2"
            ifOverflow="hidden"
            label={(place: { viewBox?: { x?: number; y?: number } }) => <Glyph kind={mark.kind} {...place.viewBox} />}
          />
        ))}
        {band === undefined ? null : (
          <Area
            dataKey="band"
            stroke="none"
            fill={colour(0)}
            fillOpacity={0.22}
            activeDot={false}
            isAnimationActive={false}
            connectNulls={false}
          />
        )}
        {lines.map((line, index) => (
          <Line
            key={line.name}
            name={line.name}
            dataKey={(row: { values: (number | null)[] }) => row.values[index] ?? null}
            stroke={colour(index)}
            strokeWidth={1.5}
            dot={false}
            activeDot={{ r: 2.5, strokeWidth: 0 }}
            connectNulls={false}
            isAnimationActive={false}
            type="linear"
          />
        ))}
      </ComposedChart>
    </ResponsiveContainer>
  );
}

const GLYPH = 10;

function Glyph({ kind, x = 0, y = 0 }: { kind: GpuState; x?: number; y?: number }) {
  return (
    <g transform={`translate(${x - GLYPH / 2} ${y - GLYPH + 2})`}>
      <Shape state={kind} size={GLYPH} />
    </g>
  );
}

function bandAt(band: Band | undefined, position: number): [number, number] | null {
  const low = band?.low[position] ?? null;
  const high = band?.high[position] ?? null;
  return low === null || high === null ? null : [low, high];
}
