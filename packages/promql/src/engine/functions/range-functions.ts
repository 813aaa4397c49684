/** The functions of a range vector and how they are called. */
import { type Call, type Expression, type MatrixSelector, type Subquery, unwrapped } from "../../parse/ast.ts";
import { duplicateLabels } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { metricName, withoutName } from "../labels.ts";
import { type RangeSeries, selectRange, Windows } from "../range-vector.ts";
import {
  type Column,
  ColumnMemory,
  type Grid,
  hasSameLabels,
  isEmpty,
  type ScalarValue,
  type Value,
  type VectorValue,
  vector,
} from "../value.ts";
import { absentColumn, labelsOfAbsent } from "./absent.ts";
import * as overTime from "./over-time.ts";
import type { RangeKernel } from "./range-kernel.ts";
import { extrapolatedRate, instantRate } from "./rate.ts";
import { deriv, predictLinear } from "./regression.ts";
import { doubleExponentialSmoothing } from "./smoothing.ts";

const KERNELS: Readonly<Record<string, RangeKernel>> = {
  rate: extrapolatedRate({ counter: true, perSecond: true }),
  increase: extrapolatedRate({ counter: true, perSecond: false }),
  delta: extrapolatedRate({ counter: false, perSecond: false }),
  irate: instantRate({ counter: true, perSecond: true }),
  idelta: instantRate({ counter: false, perSecond: false }),
  deriv,
  predict_linear: predictLinear,
  sum_over_time: overTime.sumOverTime,
  avg_over_time: overTime.avgOverTime,
  count_over_time: overTime.countOverTime,
  last_over_time: overTime.lastOverTime,
  first_over_time: overTime.firstOverTime,
  present_over_time: overTime.presentOverTime,
  absent_over_time: overTime.presentOverTime,
  max_over_time: overTime.maxOverTime,
  min_over_time: overTime.minOverTime,
  stddev_over_time: overTime.stddevOverTime,
  stdvar_over_time: overTime.stdvarOverTime,
  quantile_over_time: overTime.quantileOverTime,
  mad_over_time: overTime.madOverTime,
  ts_of_first_over_time: overTime.timeOfFirst,
  ts_of_last_over_time: overTime.timeOfLast,
  ts_of_max_over_time: overTime.timeOfExtreme((value, best) => value >= best),
  ts_of_min_over_time: overTime.timeOfExtreme((value, best) => value <= best),
  resets: overTime.resets,
  changes: overTime.changes,
};
/** They give a sample back as it was, so it keeps its name. */
const KEEPS_NAME: ReadonlySet<string> = new Set(["last_over_time", "first_over_time"]);
const COUNTER_SUFFIX = /_(?:total|sum|count|bucket)$/;

type Evaluate = (node: Expression, grid: Grid) => Value;

/** Undefined where the function takes no range vector. */
export function callRangeFunction(
  evaluation: Evaluation,
  node: Call,
  grid: Grid,
  evaluate: Evaluate,
): VectorValue | undefined {
  const args = node.args.map(unwrapped);
  const argument = args.find(
    (arg): arg is MatrixSelector | Subquery => arg.kind === "matrix" || arg.kind === "subquery",
  );
  if (argument === undefined) return undefined;
  const scalars = args.filter((arg) => arg !== argument).map((arg) => (evaluate(arg, grid) as ScalarValue).values);
  const { name } = node.signature;
  const kernel =
    name === "double_exponential_smoothing" ? doubleExponentialSmoothing(scalars[0]!, scalars[1]!) : KERNELS[name];
  if (kernel === undefined) return undefined;
  const range = selectRange(evaluation, argument, grid, evaluate);
  const windows = new Windows(range);
  evaluation.spend(range.series.length * grid.count);
  const memory = new ColumnMemory(range.series.length, grid.count);
  const columns: Column[] = [];
  for (const series of range.series) {
    if (!windows.slideOver(series.times)) continue;
    const taken = memory.take();
    kernel(series, { windows, grid, param: scalars[0] }, taken.values, taken.present);
    if (isEmpty(taken.present)) memory.release(taken);
    else columns.push(resultColumn(evaluation, node, series, taken));
  }
  if (name === "quantile_over_time") warnOfQuantile(evaluation, node, scalars[0]!, columns);
  if (name === "absent_over_time") {
    return vector(absentColumn(columns, labelsOfAbsent(node.args[0]!), grid));
  }
  if (!evaluation.delayedNames && hasSameLabels(columns)) throw duplicateLabels();
  return vector(columns);
}

function resultColumn(
  evaluation: Evaluation,
  node: Call,
  series: RangeSeries,
  taken: { values: Float64Array; present: Uint8Array },
): Column {
  const { name } = node.signature;
  if (name === "rate" || name === "increase") {
    const metric = metricName(series.labels);
    if (metric !== "" && !COUNTER_SUFFIX.test(metric)) {
      evaluation.annotations.possibleNonCounter(metric, node.args[0]!.span);
    }
  }
  if (KEEPS_NAME.has(name)) return { labels: series.labels, dropName: series.dropName, ...taken };
  if (evaluation.delayedNames) return { labels: series.labels, dropName: true, ...taken };
  return { labels: withoutName(series.labels), dropName: false, ...taken };
}

function warnOfQuantile(evaluation: Evaluation, node: Call, quantiles: Float64Array, columns: readonly Column[]): void {
  quantiles.forEach((quantile, step) => {
    if (quantile >= 0 && quantile <= 1) return;
    if (!columns.some((column) => column.present[step] === 1)) return;
    evaluation.annotations.invalidQuantile(quantile, node.args[0]!.span);
  });
}
