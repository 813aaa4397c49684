/** A whole query: instant or range, from its tree and the series of its selectors to a result as the API gives it. */
import { type Expression, unwrapped, type ValueType, type VectorSelector, valueType } from "../parse/ast.ts";
import { Annotations } from "./annotations.ts";
import { EvaluationError, QueryLimitError } from "./errors.ts";
import { evaluate } from "./evaluate.ts";
import type { Evaluation } from "./evaluation.ts";
import { compareLabels, type Labels, NO_LABELS, withoutName } from "./labels.ts";
import { selectRange, Windows } from "./range-vector.ts";
import { type SelectorRequest, selectorRequests } from "./requests.ts";
import type { SelectorSeries } from "./series.ts";
import { type Column, type Grid, mergeSameLabels, stepMs, type Value } from "./value.ts";

export const DEFAULT_LOOKBACK_MS = 300_000;
export const DEFAULT_SUBQUERY_STEP_MS = 60_000;
/** Of 9 bytes each. */
export const DEFAULT_MAX_VALUES = 100_000_000;

export type QueryOptions = {
  /** The text the tree was parsed from, for places in annotations. */
  readonly query: string;
  /** One moment for an instant query; with `stepMs` a range, both ends included. Unix milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  /** Undefined for an instant query. */
  readonly stepMs: number | undefined;
  readonly lookbackMs?: number;
  readonly defaultSubqueryStepMs?: number;
  /** Prometheus's feature flag `promql-delayed-name-removal`; by default off, as there. */
  readonly delayedNames?: boolean;
  /** Values that all parts of the query together may make; by default DEFAULT_MAX_VALUES. */
  readonly maxValues?: number;
  /** Called now and then; throws where the query has had its time. */
  readonly checkpoint?: () => void;
};

/** Samples of one series, as columns. */
export type ResultSeries = { readonly labels: Labels; readonly times: Float64Array; readonly values: Float64Array };
export type ResultSample = { readonly labels: Labels; readonly value: number };

export type ResultValue =
  | { readonly type: "scalar"; readonly value: number; readonly timeMs: number }
  | { readonly type: "string"; readonly value: string; readonly timeMs: number }
  | { readonly type: "vector"; readonly samples: readonly ResultSample[]; readonly timeMs: number }
  | { readonly type: "matrix"; readonly series: readonly ResultSeries[] };

export type QueryResult = {
  readonly value: ResultValue;
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
};

function gridOf({ startMs, endMs, stepMs: step }: QueryOptions): Grid {
  if (step === undefined) return { startMs, stepMs: 1, count: 1 };
  return { startMs, stepMs: step, count: Math.max(0, Math.floor((endMs - startMs) / step) + 1) };
}

function scopeOf(options: QueryOptions) {
  return {
    queryStartMs: options.startMs,
    queryEndMs: options.endMs,
    queryStepMs: options.stepMs ?? 0,
    lookbackMs: options.lookbackMs ?? DEFAULT_LOOKBACK_MS,
    defaultStepMs: options.defaultSubqueryStepMs ?? DEFAULT_SUBQUERY_STEP_MS,
  };
}

/** What is to be read for the query; each request's node is the key of its series for `runQuery`. */
export function requestsOf(expression: Expression, options: QueryOptions): SelectorRequest[] {
  return selectorRequests(expression, gridOf(options), scopeOf(options));
}

/**
 * Throws EvaluationError where Prometheus answers with an execution error, NotSupportedError, QueryLimitError, and
 * what `options.checkpoint` throws.
 */
export function runQuery(
  expression: Expression,
  options: QueryOptions,
  data: ReadonlyMap<VectorSelector, readonly SelectorSeries[]>,
): QueryResult {
  const annotations = new Annotations(options.query);
  const evaluation: Evaluation = {
    ...scopeOf(options),
    data,
    delayedNames: options.delayedNames ?? false,
    annotations,
    spend: spender(options),
  };
  const grid = gridOf(options);
  const type = valueType(expression);
  const value =
    options.stepMs === undefined
      ? instant(evaluation, expression, type, grid)
      : range(evaluation, expression, type, grid);
  return { value, warnings: annotations.warnings, infos: annotations.infos };
}

function spender({ maxValues = DEFAULT_MAX_VALUES, checkpoint }: QueryOptions): (values: number) => void {
  let spent = 0;
  return (values) => {
    checkpoint?.();
    spent += values;
    if (spent <= maxValues) return;
    throw new QueryLimitError(
      `the query needs at least ${spent} values in memory, expected at most ${maxValues}: ` +
        "choose a longer step, a shorter range or fewer series",
    );
  };
}

function instant(evaluation: Evaluation, expression: Expression, type: ValueType, grid: Grid): ResultValue {
  const timeMs = grid.startMs;
  if (type === "matrix") return { type: "matrix", series: rawSamples(evaluation, expression, grid) };
  const value = evaluate(evaluation, expression, grid);
  if (value.kind === "scalar") return { type: "scalar", value: value.values[0]!, timeMs };
  if (value.kind === "string") return { type: "string", value: value.value, timeMs };
  const columns = mergeSameLabels(finished(evaluation, value));
  const samples = columns.map(({ labels, values }) => ({ labels, value: values[0]! }));
  return { type: "vector", samples, timeMs };
}

/** The samples a range vector holds at the only step. */
function rawSamples(evaluation: Evaluation, expression: Expression, grid: Grid): ResultSeries[] {
  const node = unwrapped(expression);
  if (node.kind !== "matrix" && node.kind !== "subquery") throw new TypeError(`a ${node.kind} is no range vector`);
  const vector = selectRange(evaluation, node, grid, (inner, steps) => evaluate(evaluation, inner, steps));
  const windows = new Windows(vector);
  const series: ResultSeries[] = [];
  for (const { labels, dropName, times, values } of vector.series) {
    if (!windows.slideOver(times)) continue;
    const [first, end] = [windows.first[0]!, windows.end[0]!];
    const named = dropName ? withoutName(labels) : labels;
    series.push({ labels: named, times: times.slice(first, end), values: values.slice(first, end) });
  }
  return series.sort((a, b) => compareLabels(a.labels, b.labels));
}

function range(evaluation: Evaluation, expression: Expression, type: ValueType, grid: Grid): ResultValue {
  if (type !== "scalar" && type !== "vector") {
    const found = type === "matrix" ? "range vector" : type;
    throw new EvaluationError(`invalid expression type "${found}" for range query, must be Scalar or instant Vector`);
  }
  if (grid.count === 0) return { type: "matrix", series: [] };
  const value = evaluate(evaluation, expression, grid);
  const columns = mergeSameLabels(finished(evaluation, value));
  const series = columns.map((column) => presentSamples(column, grid));
  return { type: "matrix", series: series.sort((a, b) => compareLabels(a.labels, b.labels)) };
}

/** With the names dropped that were to be dropped at the end. */
function finished(evaluation: Evaluation, value: Value): readonly Column[] {
  if (value.kind === "scalar") {
    const present = new Uint8Array(value.values.length).fill(1);
    return [{ labels: NO_LABELS, dropName: false, values: value.values, present }];
  }
  if (value.kind === "string") throw new TypeError("a string passed the type check");
  if (!evaluation.delayedNames) return value.columns;
  return value.columns.map((column) =>
    column.dropName ? { ...column, labels: withoutName(column.labels), dropName: false } : column,
  );
}

function presentSamples({ labels, values, present }: Column, grid: Grid): ResultSeries {
  const steps = present.reduce((sum, one) => sum + one, 0);
  const times = new Float64Array(steps);
  const kept = new Float64Array(steps);
  for (let step = 0, at = 0; step < grid.count; step++) {
    if (present[step] === 0) continue;
    times[at] = stepMs(grid, step);
    kept[at++] = values[step]!;
  }
  return { labels, times, values: kept };
}
