/** Calls of functions, by name. */
import { type Call, type Expression, unwrapped } from "../../parse/ast.ts";
import { NotSupportedError } from "../errors.ts";
import type { Evaluation } from "../evaluation.ts";
import { NO_LABELS } from "../labels.ts";
import { renamed } from "../naming.ts";
import { selectInstant } from "../select.ts";
import {
  type Column,
  ColumnMemory,
  type Grid,
  mergeSameLabels,
  type ScalarValue,
  stepMs,
  type Value,
  type VectorValue,
  vector,
} from "../value.ts";
import { absentColumn, labelsOfAbsent } from "./absent.ts";
import { DATE_PARTS } from "./dates.ts";
import { clampTo, ELEMENTWISE, roundTo } from "./elementwise.ts";
import { histogramFraction, histogramQuantile, histogramQuantiles } from "./histogram-functions.ts";
import { labelJoin, labelReplace } from "./label-functions.ts";
import { callRangeFunction } from "./range-functions.ts";
import { sortByLabels, sortByValue } from "./sorting.ts";

export type CallContext = {
  readonly evaluation: Evaluation;
  readonly node: Call;
  readonly grid: Grid;
  readonly evaluate: (node: Expression, grid: Grid) => Value;
};

type Handler = (context: CallContext) => Value;

/** Throws EvaluationError where the data or the arguments do not allow it, NotSupportedError for what is not written. */
export function callFunction(context: CallContext): Value {
  const { evaluation, node, grid, evaluate } = context;
  const range = callRangeFunction(evaluation, node, grid, evaluate);
  if (range !== undefined) return range;
  const { name } = node.signature;
  const elementwise = ELEMENTWISE[name];
  if (elementwise !== undefined) return mapped(context, columnsOf(context, 0), elementwise);
  const part = DATE_PARTS[name];
  if (part !== undefined) return datePart(context, part);
  const handler = HANDLERS[name];
  if (handler === undefined) throw new NotSupportedError(`function ${name}() is experimental, and not supported`);
  return handler(context);
}

function columnsOf({ node, grid, evaluate }: CallContext, index: number): readonly Column[] {
  return (evaluate(node.args[index]!, grid) as VectorValue).columns;
}

function scalarOf({ node, grid, evaluate }: CallContext, index: number): Float64Array {
  return (evaluate(node.args[index]!, grid) as ScalarValue).values;
}

function textOf({ node }: CallContext, index: number): string {
  const arg = unwrapped(node.args[index]!);
  if (arg.kind !== "string") throw new TypeError("an argument that is no string passed the type check");
  return arg.value;
}

function mapped(
  { evaluation, grid }: CallContext,
  columns: readonly Column[],
  change: (value: number, step: number) => number,
): VectorValue {
  evaluation.spend(columns.length * grid.count);
  const memory = new ColumnMemory(columns.length, grid.count);
  const changed = columns.map((column) => {
    const { values } = memory.take();
    for (let step = 0; step < grid.count; step++) values[step] = change(column.values[step]!, step);
    return renamed(evaluation, column, values);
  });
  return vector(evaluation.delayedNames ? changed : mergeSameLabels(changed));
}

function fullColumn(values: Float64Array): Column {
  return { labels: NO_LABELS, dropName: false, values, present: new Uint8Array(values.length).fill(1) };
}

function everyStep(grid: Grid, valueAt: (ms: number) => number): Float64Array {
  return Float64Array.from({ length: grid.count }, (_, step) => valueAt(stepMs(grid, step)));
}

function datePart(context: CallContext, part: (seconds: number) => number): VectorValue {
  if (context.node.args.length > 0) return mapped(context, columnsOf(context, 0), part);
  return vector([fullColumn(everyStep(context.grid, (ms) => part(Math.trunc(ms / 1000))))]);
}

const constant =
  (read: (evaluation: Evaluation) => number): Handler =>
  ({ evaluation, grid }) => ({ kind: "scalar", values: new Float64Array(grid.count).fill(read(evaluation)) });

const clamped =
  (least: Handler | undefined, most: Handler | undefined): Handler =>
  (context) => {
    const low = least === undefined ? undefined : (least(context) as ScalarValue).values;
    const high = most === undefined ? undefined : (most(context) as ScalarValue).values;
    const columns = columnsOf(context, 0).map((column) => ({
      ...column,
      present: column.present.map((own, step) =>
        low !== undefined && high !== undefined && high[step]! < low[step]! ? 0 : own,
      ),
    }));
    const kept = columns.filter((column) => column.present.includes(1));
    return mapped(context, kept, (value, step) =>
      clampTo(value, low?.[step] ?? Number.NEGATIVE_INFINITY, high?.[step] ?? Number.POSITIVE_INFINITY),
    );
  };

const argument =
  (index: number): Handler =>
  (context) => ({ kind: "scalar", values: scalarOf(context, index) });

/** The functions of native histograms leave floats out. */
const nothing: Handler = (context) => {
  columnsOf(context, 0);
  return vector([]);
};

const HANDLERS: Readonly<Record<string, Handler>> = {
  absent: (context) => vector(absentColumn(columnsOf(context, 0), labelsOfAbsent(context.node.args[0]!), context.grid)),
  clamp: clamped(argument(1), argument(2)),
  clamp_max: clamped(undefined, argument(1)),
  clamp_min: clamped(argument(1), undefined),
  histogram_avg: nothing,
  histogram_count: nothing,
  histogram_sum: nothing,
  histogram_stddev: nothing,
  histogram_stdvar: nothing,
  histogram_quantile: (context) => {
    const { evaluation, node, grid } = context;
    return vector(histogramQuantile(evaluation, scalarOf(context, 0), columnsOf(context, 1), node.args, grid));
  },
  histogram_fraction: (context) => {
    const { evaluation, node, grid } = context;
    const [lower, upper] = [scalarOf(context, 0), scalarOf(context, 1)];
    return vector(histogramFraction(evaluation, lower, upper, columnsOf(context, 2), node.args, grid));
  },
  histogram_quantiles: (context) => {
    const { evaluation, node, grid } = context;
    const quantiles = node.args.slice(2).map((_, i) => scalarOf(context, i + 2));
    return vector(
      histogramQuantiles(evaluation, textOf(context, 1), quantiles, columnsOf(context, 0), node.args, grid),
    );
  },
  label_join: (context) => {
    const sources = context.node.args.slice(3).map((_, i) => textOf(context, i + 3));
    return vector(labelJoin(columnsOf(context, 0), textOf(context, 1), textOf(context, 2), sources));
  },
  label_replace: (context) =>
    vector(
      labelReplace(columnsOf(context, 0), {
        target: textOf(context, 1),
        replacement: textOf(context, 2),
        source: textOf(context, 3),
        pattern: textOf(context, 4),
      }),
    ),
  pi: constant(() => Math.PI),
  round: (context) => {
    const nearest = context.node.args.length > 1 ? scalarOf(context, 1) : undefined;
    return mapped(context, columnsOf(context, 0), (value, step) => roundTo(value, nearest?.[step] ?? 1));
  },
  scalar: (context) => ({ kind: "scalar", values: onlyValues(columnsOf(context, 0), context.grid) }),
  sort: (context) => sorted(context, (columns) => sortByValue(columns, false)),
  sort_desc: (context) => sorted(context, (columns) => sortByValue(columns, true)),
  sort_by_label: (context) => sorted(context, (columns) => sortByLabels(columns, sortLabels(context), false)),
  sort_by_label_desc: (context) => sorted(context, (columns) => sortByLabels(columns, sortLabels(context), true)),
  time: ({ grid }) => ({ kind: "scalar", values: everyStep(grid, (ms) => ms / 1000) }),
  timestamp,
  vector: (context) => vector([fullColumn(scalarOf(context, 0))]),
  start: constant((evaluation) => evaluation.queryStartMs / 1000),
  end: constant((evaluation) => evaluation.queryEndMs / 1000),
  step: constant((evaluation) => evaluation.queryStepMs / 1000),
  range: constant((evaluation) => (evaluation.queryEndMs - evaluation.queryStartMs) / 1000),
};

function sortLabels(context: CallContext): string[] {
  return context.node.args.slice(1).map((_, i) => textOf(context, i + 1));
}

function sorted(context: CallContext, order: (columns: readonly Column[]) => Column[]): VectorValue {
  const columns = columnsOf(context, 0);
  return vector(context.grid.count === 1 ? order(columns) : columns);
}

/** At each step the value of the only series, NaN where there is none or more than one. */
function onlyValues(columns: readonly Column[], grid: Grid): Float64Array {
  const values = new Float64Array(grid.count).fill(Number.NaN);
  const found = new Uint8Array(grid.count);
  for (const column of columns) {
    for (let step = 0; step < grid.count; step++) {
      if (column.present[step] === 0) continue;
      values[step] = found[step] === 0 ? column.values[step]! : Number.NaN;
      found[step] = 1;
    }
  }
  return values;
}

/** Of a selector the times of its samples, of anything else the time of evaluation. */
function timestamp(context: CallContext): VectorValue {
  const { evaluation, node, grid } = context;
  const inner = unwrapped(node.args[0]!);
  if (inner.kind === "selector") {
    const { columns } = selectInstant(evaluation, inner, grid, true);
    const named = columns.map((column) => renamed(evaluation, column, column.values));
    return vector(evaluation.delayedNames ? named : mergeSameLabels(named));
  }
  return mapped(context, columnsOf(context, 0), (_, step) => stepMs(grid, step) / 1000);
}
