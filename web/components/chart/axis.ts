import { hasValue, type Values } from "../../fleet/grids.ts";
import { formatUnit, type Unit } from "../../format/unit.ts";

export type AxisRange = { readonly low: number; readonly high: number; readonly ticks: readonly number[] };

const TICKS = 4;
/** A line that hardly moves is not blown up to fill the chart: the axis spans at least this much of its height. */
const LEAST_SHARE = 0.05;

/** Round ends and ticks around all values; percentages and what starts at zero start there. null: no value at all. */
export function axisTicks(lines: readonly { readonly values: Values }[], unit: Unit, zero: boolean): AxisRange | null {
  const shown = lines.filter((line) => hasValue(line.values));
  if (shown.length === 0) return null;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const line of shown) {
    for (const value of line.values) {
      if (value === null) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  if (unit === "percent" && min >= 0 && max <= 100) return { low: 0, high: 100, ticks: [0, 25, 50, 75, 100] };
  const fromZero = min >= 0 && (zero || min <= max * 0.5);
  const least = Math.max(Math.abs(max) * LEAST_SHARE, max === 0 ? 1 : 0);
  const slack = Math.max(0, least - (max - min)) / 2;
  const from = fromZero ? 0 : min - slack;
  const to = Math.max(max + (fromZero ? 0 : slack), from + least);
  const step = niceStep((to - from) / TICKS, unit === "bytes");
  const low = Math.floor(from / step) * step;
  const high = Math.max(Math.ceil(to / step) * step, low + step);
  const ticks: number[] = [];
  for (let index = 0; low + index * step <= high + step / 2 && index <= 2 * TICKS + 2; index += 1)
    ticks.push(low + index * step);
  return { low, high, ticks };
}

/** Labels of the ticks with as many digits as it takes to tell them apart. */
export function tickLabels(ticks: readonly number[], unit: Unit): string[] {
  for (let digits = 3; digits < MOST_DIGITS; digits += 1) {
    const labels = ticks.map((tick) => formatUnit(tick, unit, digits));
    if (new Set(labels).size === labels.length) return labels;
  }
  return ticks.map((tick) => formatUnit(tick, unit, MOST_DIGITS));
}

const MOST_DIGITS = 7;

const DECIMAL = [1, 2, 5, 10];
const BINARY = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

function niceStep(rough: number, binary: boolean): number {
  if (binary) {
    const power = 1024 ** Math.max(0, Math.floor(Math.log(rough) / Math.log(1024)));
    return power * (BINARY.find((step) => step * power >= rough) ?? 1024);
  }
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * (DECIMAL.find((step) => step * power >= rough) ?? 10);
}
