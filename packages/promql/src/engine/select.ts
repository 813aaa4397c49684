/** Instant vector selectors: for each step the latest sample within the look-back. */
import type { VectorSelector } from "../parse/ast.ts";
import { NotSupportedError } from "./errors.ts";
import type { Evaluation } from "./evaluation.ts";
import { metricName } from "./labels.ts";
import { referenceGrid } from "./moment.ts";
import { countUntil, type SelectorSeries } from "./series.ts";
import {
  type Column,
  ColumnMemory,
  type Grid,
  isEmpty,
  lastStepMs,
  stepMs,
  type VectorValue,
  vector,
} from "./value.ts";

/** `timestamps` gives the time of the sample in seconds rather than its value, as `timestamp()` asks. */
export function selectInstant(
  evaluation: Evaluation,
  node: VectorSelector,
  grid: Grid,
  timestamps = false,
): VectorValue {
  const series = seriesOf(evaluation, node);
  const reference = referenceGrid(grid, node, evaluation);
  const from = reference.startMs - evaluation.lookbackMs;
  evaluation.spend(series.length * grid.count);
  const memory = new ColumnMemory(series.length, grid.count);
  const columns: Column[] = [];
  for (const one of series) {
    refuseHistograms(one, from, lastStepMs(reference));
    const taken = memory.take();
    fillLatest(one, reference, evaluation.lookbackMs, timestamps, taken.values, taken.present);
    if (isEmpty(taken.present)) memory.release(taken);
    else columns.push({ labels: one.labels, dropName: false, ...taken });
  }
  return vector(columns);
}

/** Throws TypeError where the caller has not read what `requestsOf` asked for: empty would look like an answer. */
export function seriesOf(evaluation: Evaluation, node: VectorSelector): readonly SelectorSeries[] {
  const series = evaluation.data.get(node);
  if (series === undefined) throw new TypeError("no series were handed over for a selector of the query");
  return series;
}

function fillLatest(
  series: SelectorSeries,
  reference: Grid,
  lookbackMs: number,
  timestamps: boolean,
  values: Float64Array,
  present: Uint8Array,
): void {
  const { times, stale } = series;
  let next = countUntil(times, reference.startMs);
  for (let step = 0; step < reference.count; step++) {
    const moment = stepMs(reference, step);
    while (next < times.length && times[next]! <= moment) next++;
    const at = next - 1;
    if (at < 0 || times[at]! <= moment - lookbackMs || stale?.[at] === 1) continue;
    values[step] = timestamps ? times[at]! / 1000 : series.values[at]!;
    present[step] = 1;
  }
}

/** Throws NotSupportedError where one lies within (from, to]. */
export function refuseHistograms(series: SelectorSeries, from: number, to: number): void {
  const times = series.histogramTimes;
  if (times === undefined || countUntil(times, to) === countUntil(times, from)) return;
  const instead = "query its classic _bucket, _sum and _count series";
  throw new NotSupportedError(
    `${metricName(series.labels)} has native histograms, which are not supported yet: ${instead}`,
  );
}
