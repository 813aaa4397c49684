/** Range vectors: for each series and step the run of samples within the range. */
import type { Expression, MatrixSelector, Subquery } from "../parse/ast.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Labels } from "./labels.ts";
import { referenceGrid, subqueryGrid } from "./moment.ts";
import { refuseHistograms, seriesOf } from "./select.ts";
import { countUntil, type SelectorSeries } from "./series.ts";
import { type Column, type Grid, lastStepMs, stepMs, type Value } from "./value.ts";

/** A series without staleness markers. */
export type RangeSeries = {
  readonly labels: Labels;
  readonly dropName: boolean;
  readonly times: Float64Array;
  readonly values: Float64Array;
};

export type RangeVector = {
  readonly series: readonly RangeSeries[];
  readonly rangeMs: number;
  /** The right end of the range at each step; its left end is `rangeMs` before and not part of it. */
  readonly ends: Grid;
};

type Evaluate = (node: Expression, grid: Grid) => Value;

export function selectRange(
  evaluation: Evaluation,
  node: MatrixSelector | Subquery,
  grid: Grid,
  evaluate: Evaluate,
): RangeVector {
  if (node.kind === "subquery") return evaluateSubquery(evaluation, node, grid, evaluate);
  const ends = referenceGrid(grid, node.selector, evaluation);
  const series = seriesOf(evaluation, node.selector);
  const from = ends.startMs - node.rangeMs;
  const withoutMarkers = series.map((one) => {
    refuseHistograms(one, from, lastStepMs(ends));
    return withoutStale(one);
  });
  return { series: withoutMarkers, rangeMs: node.rangeMs, ends };
}

function withoutStale(series: SelectorSeries): RangeSeries {
  const { labels, times, values, stale } = series;
  if (stale === undefined) return { labels, dropName: false, times, values };
  const keep = (_: number, i: number) => stale[i] === 0;
  return { labels, dropName: false, times: times.filter(keep), values: values.filter(keep) };
}

function evaluateSubquery(evaluation: Evaluation, node: Subquery, grid: Grid, evaluate: Evaluate): RangeVector {
  const ends = referenceGrid(grid, node, evaluation);
  const inner = subqueryGrid(ends, node.rangeMs, node.stepMs ?? evaluation.defaultStepMs);
  if (inner.count === 0) return { series: [], rangeMs: node.rangeMs, ends };
  evaluation.spend(inner.count);
  const value = evaluate(node.inner, inner);
  const columns = value.kind === "vector" ? value.columns : [];
  return { series: columns.map((column) => asSamples(column, inner)), rangeMs: node.rangeMs, ends };
}

function asSamples(column: Column, grid: Grid): RangeSeries {
  const { labels, dropName, values, present } = column;
  let count = 0;
  for (let step = 0; step < grid.count; step++) count += present[step]!;
  const times = new Float64Array(count);
  const kept = count === grid.count ? values : new Float64Array(count);
  for (let step = 0, at = 0; step < grid.count; step++) {
    if (present[step] === 0) continue;
    times[at] = stepMs(grid, step);
    kept[at] = values[step]!;
    at++;
  }
  return { labels, dropName, times, values: kept };
}

/** For each step the samples [first, end) of one series that lie in its range; kept from series to series. */
export class Windows {
  readonly first: Int32Array;
  readonly end: Int32Array;
  readonly ends: Grid;
  readonly rangeMs: number;

  constructor(range: RangeVector) {
    this.ends = range.ends;
    this.rangeMs = range.rangeMs;
    this.first = new Int32Array(range.ends.count);
    this.end = new Int32Array(range.ends.count);
  }

  /** Whether any step has a sample. */
  slideOver(times: Float64Array): boolean {
    const { ends, rangeMs } = this;
    let first = countUntil(times, ends.startMs - rangeMs);
    let end = countUntil(times, ends.startMs);
    let any = false;
    for (let step = 0; step < ends.count; step++) {
      const right = stepMs(ends, step);
      while (end < times.length && times[end]! <= right) end++;
      while (first < end && times[first]! <= right - rangeMs) first++;
      this.first[step] = first;
      this.end[step] = end;
      if (end > first) any = true;
    }
    return any;
  }
}
