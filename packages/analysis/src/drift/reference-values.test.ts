/** The reference values of ../shared/vectors: formulas of other libraries, with the tolerances that the file states. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Cells, ExponentialCells } from "@lockstep/schemas/domain/observed";
import { describe, expect, test } from "vitest";
import { chiSquareUpperQuantile } from "../stats/gamma.ts";
import { adjustedByBenjaminiHochberg, adjustedByBenjaminiYekutieli } from "../stats/multiple-testing.ts";
import { fisherExact, twoProportions, wilsonInterval } from "../stats/proportions.ts";
import { allDistances } from "./all-distances.ts";
import { cellDistances } from "./cell-distances.ts";
import { matchCells } from "./match-cells.ts";
import { mergeCells } from "./merge-cells.ts";

type Numbers = readonly number[];
type Case = {
  readonly id: string;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly coarsen_to_shared_edges?: { readonly expected: Readonly<Record<string, unknown>> } | null;
  readonly bounds?: Numbers;
  readonly baseline_bounds?: Numbers;
  readonly current_bounds?: Numbers;
  readonly baseline_counts?: Numbers;
  readonly current_counts?: Numbers;
  readonly baseline_outside?: number;
  readonly current_outside?: number;
  readonly baseline?: Readonly<Record<string, number>>;
  readonly current?: Readonly<Record<string, number>>;
};
type OneExponential = {
  readonly scale: number;
  readonly zero_count: number;
  readonly positive: { readonly offset: number; readonly bucket_counts: Numbers };
};
type Vectors = {
  readonly cases: readonly Case[];
  readonly exponential_histograms: readonly {
    readonly id: string;
    readonly a: OneExponential;
    readonly b: OneExponential;
    readonly expected: Readonly<Record<string, number | Numbers>>;
  }[];
  readonly multiple_testing: readonly {
    readonly p: Numbers;
    readonly bh_adjusted: Numbers;
    readonly by_adjusted: Numbers;
    readonly "reject_bh_0.05": readonly boolean[];
  }[];
  readonly two_proportions: readonly (Readonly<Record<string, number>> & { readonly wilson95_current: Numbers })[];
  readonly psi_null_monte_carlo: readonly Readonly<Record<string, number>>[];
};

const file = fileURLToPath(new URL("../../../../../shared/vectors/drift.json", import.meta.url));
const empty = {
  cases: [],
  exponential_histograms: [],
  multiple_testing: [],
  two_proportions: [],
  psi_null_monte_carlo: [],
};
const isThere = existsSync(file);
if (!isThere) console.log("reference values of drift: ../shared/vectors/drift.json is absent, skipped");
const vectors: Vectors = isThere ? JSON.parse(readFileSync(file, "utf8")) : empty;

function expectNear(name: string, found: unknown, expected: unknown): void {
  if (Array.isArray(expected)) {
    expect(found, name).toHaveLength(expected.length);
    for (const [at, each] of expected.entries()) expectNear(`${name}[${at}]`, (found as Numbers)[at], each);
    return;
  }
  if (typeof expected !== "number") {
    expect(printed(found), name).toBe(expected);
    return;
  }
  const rootOfNoise = expected === 0 && /js_distance|hellinger/.test(name);
  const off = Math.max(rootOfNoise ? 1e-7 : 1e-9, 1e-8 * Math.abs(expected));
  expect(found, `${name}: expected ${expected}`).toBeTypeOf("number");
  expect(Math.abs((found as number) - expected), `${name}: ${found}, expected ${expected}`).toBeLessThanOrEqual(off);
}

/** JSON has no infinity. */
function printed(value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? "inf" : value;
}

function sideOf(one: Case, side: "baseline" | "current"): Cells {
  const named = one[side];
  if (named !== undefined) return { form: "categories", counts: new Map(Object.entries(named)) };
  const counts = one[`${side}_counts`]!;
  const outside = one[`${side}_outside`];
  // What lies outside is a cell of its own, wherever it lay.
  if (outside !== undefined) {
    return { form: "categories", counts: new Map([...counts, outside].map((count, at) => [`cell ${at}`, count])) };
  }
  return { form: "explicit", bounds: one[`${side}_bounds`] ?? one.bounds!, counts };
}

describe.skipIf(!isThere)("reference values", () => {
  test.each(vectors.cases.map((one) => [one.id, one] as const))("distances of %s", (_, one) => {
    const found = allDistances(sideOf(one, "baseline"), sideOf(one, "current"))!;
    for (const [name, expected] of Object.entries(one.expected)) expectNear(name, found[name], expected);
    if (!one.coarsen_to_shared_edges) return;
    const coarse = found["coarsen_to_shared_edges"] as Readonly<Record<string, unknown>>;
    const { expected: distances, ...cells } = one.coarsen_to_shared_edges;
    for (const [name, expected] of Object.entries({ ...cells, ...distances })) expectNear(name, coarse[name], expected);
  });

  test.each(vectors.exponential_histograms.map((one) => [one.id, one] as const))("merge of %s", (_, one) => {
    const [a, b] = [exponential(one.a), exponential(one.b)];
    const sum = mergeCells(a, b) as ExponentialCells;
    const match = matchCells(a, b)!;
    const distances = cellDistances(match.baseline, match.current)!;
    const found = {
      scale: sum.scale,
      offset: sum.positive.offset,
      merged_counts: sum.positive.counts,
      merged_zero_count: sum.zeroCount,
      a_counts: match.baseline.slice(1),
      b_counts: match.current.slice(1),
      bounds: match.form === "numeric" ? match.bounds.slice(1) : [],
      js_distance_base2_with_zero_cell: distances.js_distance_base2,
      hellinger_with_zero_cell: distances.hellinger,
      tvd_with_zero_cell: distances.tvd,
    };
    expect(Object.keys(found).sort()).toEqual(Object.keys(one.expected).sort());
    for (const [name, expected] of Object.entries(one.expected)) expectNear(name, found[name as "scale"], expected);
  });

  test.each(vectors.multiple_testing)("adjusted p-values of $p", (one) => {
    const adjusted = adjustedByBenjaminiHochberg(one.p);
    expectNear("bh", adjusted, one.bh_adjusted);
    expectNear("by", adjustedByBenjaminiYekutieli(one.p), one.by_adjusted);
    expect(adjusted.map((q) => q <= 0.05)).toEqual(one["reject_bh_0.05"]);
  });

  test.each(vectors.two_proportions)("$x_baseline of $n_baseline and $x_current of $n_current", (one) => {
    const [x, n, y, m] = [one["x_baseline"]!, one["n_baseline"]!, one["x_current"]!, one["n_current"]!];
    const { z, p } = twoProportions(x, n, y, m);
    expectNear("z", z, one["z_pooled"]);
    expectNear("p", p, one["p_two_sided"]);
    expectNear("fisher", fisherExact(x, n, y, m), one["fisher_p"]);
    expectNear("wilson", wilsonInterval(y, m), one.wilson95_current);
  });

  test.each(vectors.psi_null_monte_carlo)("PSI by chance of $B cells, $n and $m rows", (one) => {
    const noise = 1 / one["n"]! + 1 / one["m"]!;
    expectNear("mean", (one["B"]! - 1) * noise, one["expected_formula"]);
    expectNear("95th percentile", chiSquareUpperQuantile(0.05, one["B"]! - 1) * noise, one["chi2_95pct"]);
  });
});

function exponential({ scale, zero_count, positive }: OneExponential): ExponentialCells {
  return {
    form: "exponential",
    scale,
    zeroThreshold: 0,
    zeroCount: zero_count,
    positive: { offset: positive.offset, counts: positive.bucket_counts },
    negative: { offset: 0, counts: [] },
  };
}
