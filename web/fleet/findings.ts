/** What a chart shows, as its title. */
import type { ChartData } from "../data/chart.ts";
import type { ReasonSpans } from "../data/gpu.ts";
import { formatUnit } from "../format/unit.ts";
import { extentOf, joinSpans, type Span } from "./grids.ts";

export type Finding = { readonly subject: string; readonly words: string };

/** The chart's first line in words: now, and between what it lay. A slow-down may have breaks of `breakPoints` points. */
export function chartFinding(
  chart: ChartData,
  reasons: readonly ReasonSpans[] | null,
  clock: (position: number) => string,
  breakPoints = 0,
): Finding {
  const line = chart.lines[0];
  const extent = line === undefined ? null : extentOf(line.values);
  if (line === undefined || extent === null) return { subject: chart.title, words: "no sample in this range" };
  if (chart.id === "clocks") {
    const held = clockFinding(line.values, reasons, clock, breakPoints);
    if (held !== null) return { subject: chart.title, words: held };
  }
  const now = line.values.at(-1) ?? line.values.at(-2) ?? null;
  const text = (value: number) => formatUnit(value, chart.unit);
  const present = now === null ? "no value now" : text(now);
  if (extent.max - extent.min <= Math.abs(extent.max) * 0.02) {
    return { subject: chart.title, words: now === null ? present : `steady at ${present}` };
  }
  if (chart.id === "temperature") {
    return { subject: chart.title, words: `${present}, highest ${text(extent.max)} at ${clock(extent.maxAt)}` };
  }
  return { subject: chart.title, words: `${present}, between ${text(extent.min)} and ${text(extent.max)}` };
}

/** "fell from 1,755 MHz to 1,050 MHz at 10:02, held by HW thermal slowdown"; null where no thermal reason held it. */
function clockFinding(
  values: readonly (number | null)[],
  reasons: readonly ReasonSpans[] | null,
  clock: (position: number) => string,
  breakPoints: number,
): string | null {
  const thermal = (reasons ?? []).filter((reason) => reason.thermal && reason.spans.length > 0);
  const latest = thermal
    .map((reason) => joinSpans(reason.spans, breakPoints).at(-1))
    .reduce<Span | undefined>(laterOf, undefined);
  if (latest === undefined) return null;
  const before = extentOf(values.slice(Math.max(0, latest.from - 20), latest.from));
  const during = extentOf(values.slice(latest.from, latest.to + 1));
  if (before === null || during === null || before.max - during.min < before.max * 0.03) return null;
  const held = thermal.map((reason) => reason.words).join(" and ");
  return `fell from ${formatUnit(before.max, "megahertz")} to ${formatUnit(during.min, "megahertz")} at ${clock(latest.from)}, held by ${held}`;
}

function laterOf(best: Span | undefined, span: Span | undefined): Span | undefined {
  if (span === undefined) return best;
  if (best === undefined || span.to > best.to) return span;
  return span.to === best.to && span.from < best.from ? span : best;
}

/** A chart of several GPUs: the one that stands apart, if one does. */
export function peersFinding(chart: ChartData): Finding {
  const latest = chart.lines.flatMap((line) => {
    const value = line.values.at(-1) ?? line.values.at(-2) ?? null;
    return value === null ? [] : [{ name: line.name, value }];
  });
  if (latest.length === 0) return { subject: chart.title, words: "no value now" };
  const sorted = latest.toSorted((a, b) => a.value - b.value);
  const middle = sorted[sorted.length >> 1]?.value ?? 0;
  const outlier = sorted.toSorted((a, b) => Math.abs(b.value - middle) - Math.abs(a.value - middle))[0];
  const text = (value: number) => formatUnit(value, chart.unit);
  const others = sorted.filter((line) => line !== outlier).map((line) => line.value);
  const low = others[0] ?? middle;
  const high = others.at(-1) ?? middle;
  // Apart: further from the others than twice their own spread, and by a tenth of their middle.
  const distance = outlier === undefined ? 0 : Math.max(low - outlier.value, outlier.value - high);
  if (outlier !== undefined && others.length >= 3 && distance > 2 * (high - low) && distance > Math.abs(middle) * 0.1) {
    return {
      subject: chart.title,
      words: `${outlier.name} is at ${text(outlier.value)}, the others at ${range(low, high, text)}`,
    };
  }
  return { subject: chart.title, words: range(sorted[0]?.value ?? middle, sorted.at(-1)?.value ?? middle, text) };
}

function range(low: number, high: number, text: (value: number) => string): string {
  return text(low) === text(high) ? text(low) : `${text(low)} to ${text(high)}`;
}
