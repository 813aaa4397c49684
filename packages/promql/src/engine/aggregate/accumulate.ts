/** Aggregations that take one series after the other and keep a few numbers for each group and step. */
import type { AggregationOperator } from "../../parse/ast.ts";
import { isInfinite, lostAfter } from "../kahan.ts";

/** The numbers of one group; `add` is called for every member, `result` once. */
export type Accumulator = {
  add(values: Float64Array, present: Uint8Array): void;
  /** Writes the group's value wherever `seen` is 1. */
  result(values: Float64Array, seen: Uint8Array): void;
  /** 1 at the steps where a member had a value. */
  readonly seen: Uint8Array;
};

export type SimpleOperator = Exclude<
  AggregationOperator,
  "topk" | "bottomk" | "limitk" | "limit_ratio" | "quantile" | "count_values"
>;

export function accumulator(op: SimpleOperator, count: number): Accumulator {
  switch (op) {
    case "sum":
      return sums(count);
    case "avg":
      return means(count);
    case "min":
      return extremes(count, (value, best) => value < best);
    case "max":
      return extremes(count, (value, best) => value > best);
    case "count":
      return counts(count);
    case "group":
      return ones(count);
    case "stdvar":
      return variances(count, (variance) => variance);
    case "stddev":
      return variances(count, Math.sqrt);
  }
}

/** Compensated (Kahan, Neumaier). */
function sums(count: number): Accumulator {
  const sum = new Float64Array(count);
  const lost = new Float64Array(count);
  const seen = new Uint8Array(count);
  return {
    seen,
    add: (values, present) => {
      for (let step = 0; step < count; step++) {
        if (present[step] === 0) continue;
        const value = values[step]!;
        if (seen[step] === 0) {
          seen[step] = 1;
          sum[step] = value;
          continue;
        }
        const before = sum[step]!;
        const total = before + value;
        lost[step] = lostAfter(lost[step]!, before, value, total);
        sum[step] = total;
      }
    },
    result: (values) => {
      for (let step = 0; step < count; step++) values[step] = sum[step]! + lost[step]!;
    },
  };
}

/** Sum over count while the sum stays finite, incremental from there on. */
function means(count: number): Accumulator {
  const sum = new Float64Array(count);
  const lost = new Float64Array(count);
  const members = new Float64Array(count);
  const incremental = new Uint8Array(count);
  const seen = new Uint8Array(count);
  return {
    seen,
    add: (values, present) => {
      for (let step = 0; step < count; step++) {
        if (present[step] === 0) continue;
        const value = values[step]!;
        const size = ++members[step]!;
        if (seen[step] === 0) {
          seen[step] = 1;
          sum[step] = value;
          continue;
        }
        if (incremental[step] === 0) {
          const total = sum[step]! + value;
          if (!isInfinite(total)) {
            lost[step] = lostAfter(lost[step]!, sum[step]!, value, total);
            sum[step] = total;
            continue;
          }
          incremental[step] = 1;
          sum[step]! /= size - 1;
          lost[step]! /= size - 1;
        }
        const share = (size - 1) / size;
        const before = share * sum[step]!;
        const total = before + value / size;
        lost[step] = lostAfter(share * lost[step]!, before, value / size, total);
        sum[step] = total;
      }
    },
    result: (values) => {
      for (let step = 0; step < count; step++) {
        const size = incremental[step] === 1 ? 1 : members[step]!;
        values[step] = sum[step]! / size + lost[step]! / size;
      }
    },
  };
}

/** NaN only where nothing else is there. */
function extremes(count: number, isBetter: (value: number, best: number) => boolean): Accumulator {
  const best = new Float64Array(count);
  const seen = new Uint8Array(count);
  return {
    seen,
    add: (values, present) => {
      for (let step = 0; step < count; step++) {
        if (present[step] === 0) continue;
        const value = values[step]!;
        if (seen[step] === 0 || isBetter(value, best[step]!) || Number.isNaN(best[step]!)) best[step] = value;
        seen[step] = 1;
      }
    },
    result: (values) => values.set(best),
  };
}

function counts(count: number): Accumulator {
  const members = new Float64Array(count);
  const seen = new Uint8Array(count);
  return {
    seen,
    add: (_, present) => {
      for (let step = 0; step < count; step++) {
        members[step]! += present[step]!;
        seen[step]! |= present[step]!;
      }
    },
    result: (values) => values.set(members),
  };
}

function ones(count: number): Accumulator {
  const seen = new Uint8Array(count);
  return {
    seen,
    add: (_, present) => {
      for (let step = 0; step < count; step++) seen[step]! |= present[step]!;
    },
    result: (values) => values.fill(1),
  };
}

/** Welford's algorithm. */
function variances(count: number, finish: (variance: number) => number): Accumulator {
  const members = new Float64Array(count);
  const mean = new Float64Array(count);
  const squares = new Float64Array(count);
  const seen = new Uint8Array(count);
  return {
    seen,
    add: (values, present) => {
      for (let step = 0; step < count; step++) {
        if (present[step] === 0) continue;
        const value = values[step]!;
        const size = ++members[step]!;
        if (seen[step] === 0) {
          seen[step] = 1;
          mean[step] = value;
          squares[step] = Number.isFinite(value) ? 0 : Number.NaN;
          continue;
        }
        const delta = value - mean[step]!;
        mean[step]! += delta / size;
        squares[step]! += delta * (value - mean[step]!);
      }
    },
    result: (values) => {
      for (let step = 0; step < count; step++) values[step] = finish(squares[step]! / members[step]!);
    },
  };
}
