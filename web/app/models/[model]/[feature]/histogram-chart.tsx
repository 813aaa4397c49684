"use client";
import { type PointerEvent, useState } from "react";
import { axisTicks } from "../../../../components/chart/axis.ts";
import { siScaled } from "../../../../format/number.ts";
import { formatUnit } from "../../../../format/unit.ts";
import { type AxisScale, cellAxis } from "../../../../models/cell-axis.ts";
import type { NumbersView } from "../../../../models/histogram-view.ts";

type HistogramChartProps = {
  readonly view: NumbersView;
  readonly as: "shares" | "counts";
  readonly scale: AxisScale;
  readonly hasBaseline: boolean;
};

/** In its own units; the SVG is stretched to the width there is, its lines are not. */
const WIDTH = 1000;
const HEIGHT = 220;
const DIFFERENCE = 84;

/** Two outlines over one axis, and below what one has more than the other, cell by cell. */
export function HistogramChart({ view, as, scale, hasBaseline }: HistogramChartProps) {
  const [hovered, setHovered] = useState<number | null>(null);
  const { edges, ticks } = cellAxis(view.bounds, scale);
  const { current, baseline, differences } = heights(view, as, hasBaseline);
  const unit = as === "shares" ? "percent" : "count";
  // A share is told against the largest there is, not against 100 %.
  const axis = axisTicks([{ values: current }, { values: baseline }], "count", true);
  const high = axis?.high ?? 1;
  const reach = Math.max(...differences.map(Math.abs), 1e-12);
  const labels = axis === null ? [] : axis.ticks.map((tick) => formatUnit(tick, unit));
  const hover = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const cell = edges.findIndex((edge, at) => at + 1 < edges.length && share >= edge && share < edges[at + 1]!);
    setHovered(cell < 0 ? null : cell);
  };
  return (
    <figure className="histogram">
      <div className="histogram-plot" onPointerMove={hover} onPointerLeave={() => setHovered(null)}>
        {axis?.ticks.map((tick, at) => (
          <span key={tick} className="tick-y" style={{ top: `${(1 - tick / high) * HEIGHT}px` }}>
            {labels[at]}
          </span>
        ))}
        <svg
          height={HEIGHT}
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={summary(view, hasBaseline)}
        >
          {axis?.ticks.map((tick) => (
            <line
              key={tick}
              className="grid"
              x1="0"
              x2={WIDTH}
              y1={(1 - tick / high) * HEIGHT}
              y2={(1 - tick / high) * HEIGHT}
            />
          ))}
          {hovered === null ? null : <Cell edges={edges} at={hovered} height={HEIGHT} />}
          <path className="current-area" d={`${outline(current, edges, high)}L${WIDTH * edges.at(-1)!} ${HEIGHT}Z`} />
          {hasBaseline ? <path className="baseline-line" d={outline(baseline, edges, high)} /> : null}
          <path className="current-line" d={outline(current, edges, high)} />
        </svg>
        <Ticks ticks={ticks} bounds={view.bounds} edges={edges} />
        {hasBaseline ? (
          <svg
            height={DIFFERENCE}
            viewBox={`0 0 ${WIDTH} ${DIFFERENCE}`}
            preserveAspectRatio="none"
            role="img"
            aria-label="Current less baseline, by cell"
          >
            {hovered === null ? null : <Cell edges={edges} at={hovered} height={DIFFERENCE} />}
            {differences.map((difference, at) => {
              const size = (Math.abs(difference) / reach) * (DIFFERENCE / 2 - 2);
              const x = edges[at]! * WIDTH;
              const width = Math.max(0, (edges[at + 1]! - edges[at]!) * WIDTH - 1);
              return (
                <rect
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
                  key={at}
                  x={x}
                  y={difference > 0 ? DIFFERENCE / 2 - size : DIFFERENCE / 2}
                  width={width}
                  height={size}
                  className={difference > 0 ? "more-than" : "less-than"}
                />
              );
            })}
            <line className="axis" x1="0" x2={WIDTH} y1={DIFFERENCE / 2} y2={DIFFERENCE / 2} />
          </svg>
        ) : null}
        {hasBaseline ? (
          <>
            <span className="tick-y" style={{ bottom: `${DIFFERENCE - 10}px` }}>
              +{differenceText(reach, as)}
            </span>
            <span className="tick-y" style={{ bottom: "4px" }}>
              −{differenceText(reach, as)}
            </span>
          </>
        ) : null}
      </div>
      <figcaption className="small quiet">
        {hovered === null
          ? hasBaseline
            ? "Below: this window less the baseline, cell by cell; more of it in orange, less in blue."
            : "Nothing to compare with is drawn."
          : hoverText(view, hovered, as, { current, baseline, differences, hasBaseline })}
      </figcaption>
    </figure>
  );
}

function Cell({ edges, at, height }: { edges: readonly number[]; at: number; height: number }) {
  return (
    <rect
      className="hovered"
      x={edges[at]! * WIDTH}
      width={(edges[at + 1]! - edges[at]!) * WIDTH}
      y="0"
      height={height}
    />
  );
}

type TicksProps = Pick<ReturnType<typeof cellAxis>, "ticks" | "edges"> & { readonly bounds: NumbersView["bounds"] };

function Ticks({ ticks, bounds, edges }: TicksProps) {
  const shown = ticks.map(({ at, value }) => ({ at, text: valueText(value) }));
  const last = bounds.length - 1;
  const below = bounds[0] === null ? [{ at: edges[1]! / 2, text: `≤ ${valueText(bounds[1] ?? 0)}` }] : [];
  const above =
    bounds[last] === null
      ? [{ at: (edges[last - 1]! + edges[last]!) / 2, text: `> ${valueText(bounds[last - 1] ?? 0)}` }]
      : [];
  // Ticks beside an open cell would run into its label.
  const free = shown.filter(({ at }) => (below.length === 0 || at > 0.07) && (above.length === 0 || at < 0.93));
  return (
    <div className="ticks-x">
      {[...below, ...free, ...above].map(({ at, text }) => (
        <span key={text} style={{ left: `${100 * at}%` }}>
          {text}
        </span>
      ))}
    </div>
  );
}

function outline(values: readonly number[], edges: readonly number[], high: number): string {
  const y = (value: number) => ((1 - value / high) * HEIGHT).toFixed(2);
  const x = (at: number) => (edges[at]! * WIDTH).toFixed(2);
  let path = `M${x(0)} ${HEIGHT}`;
  for (const [at, value] of values.entries()) path += `L${x(at)} ${y(value)}L${x(at + 1)} ${y(value)}`;
  return `${path}L${x(values.length)} ${HEIGHT}`;
}

/** Percent, or rows: then the baseline is as large as this window, or the larger would hide the other. */
function heights(view: NumbersView, as: "shares" | "counts", hasBaseline: boolean) {
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0) || 1;
  const [n, m] = [total(view.baseline), total(view.current)];
  const differences = view.current.map((count, at) =>
    hasBaseline ? (count / m - view.baseline[at]! / n) * (as === "shares" ? 100 : m) : 0,
  );
  if (as === "counts") {
    return { current: view.current, baseline: view.baseline.map((count) => (count * m) / n), differences };
  }
  return {
    current: view.current.map((count) => (100 * count) / m),
    baseline: view.baseline.map((count) => (100 * count) / n),
    differences,
  };
}

function valueText(value: number): string {
  const { figure, prefix } = siScaled(value);
  return `${figure}${prefix}`;
}

function differenceText(value: number, as: "shares" | "counts"): string {
  return as === "shares" ? `${formatUnit(value, "count", 2)} pp` : formatUnit(value, "count", 2);
}

type Heights = ReturnType<typeof heights> & { readonly hasBaseline: boolean };

function hoverText(
  view: NumbersView,
  at: number,
  as: "shares" | "counts",
  { current, baseline, differences, hasBaseline }: Heights,
): string {
  const [low, high] = [view.bounds[at] ?? null, view.bounds[at + 1] ?? null];
  const place =
    low === null
      ? `up to ${valueText(high ?? 0)}`
      : high === null
        ? `above ${valueText(low)}`
        : `${valueText(low)} to ${valueText(high)}`;
  const unit = as === "shares" ? "percent" : "count";
  const now = `${place}: ${formatUnit(current[at], unit)}${as === "counts" ? " rows" : ""}`;
  if (!hasBaseline) return now;
  const sign = differences[at]! < 0 ? "−" : "+";
  return `${now}, baseline ${formatUnit(baseline[at], unit)} (${sign}${differenceText(Math.abs(differences[at]!), as)})`;
}

function summary({ bounds, current }: NumbersView, hasBaseline: boolean): string {
  const known = bounds.filter((edge) => edge !== null);
  return `Histogram of ${current.length} cells from ${valueText(known[0] ?? 0)} to ${valueText(known.at(-1) ?? 0)}${hasBaseline ? ", with the baseline" : ""}`;
}
