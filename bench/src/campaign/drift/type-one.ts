/** How often two windows of the same distribution are told apart at alpha. */
import { cellSums } from "@lockstep/analysis/drift/cell-distances";
import { judgeWindow } from "@lockstep/analysis/drift/judge-window";
import { nothingLearnt } from "@lockstep/analysis/drift/learn-noise";
import { chiSquareUpperTail } from "@lockstep/analysis/stats/gamma";
import type { Cells } from "@lockstep/schemas/domain/observed";
import { Random } from "../straggler/random.ts";
import { CellDraw } from "./draw.ts";
import type { Rate } from "./rate.ts";

export const alpha = 0.05;
const rows = [50, 200, 1000, 1e4, 1e5, 1e6];
const cellNumbers = [5, 10, 20, 30, 50];

type Base = {
  readonly name: string;
  readonly form: "explicit" | "categories";
  /** Of each cell before they are made to add up to 1. */
  readonly weight: (cell: number, cells: number) => number;
};

const bases: readonly Base[] = [
  { name: "even", form: "explicit", weight: () => 1 },
  { name: "bell", form: "explicit", weight: (cell, cells) => Math.exp(-0.5 * ((5 * (cell + 0.5)) / cells - 2.5) ** 2) },
  { name: "long tail", form: "explicit", weight: (cell, cells) => 50 ** (-cell / (cells - 1)) },
  { name: "categories", form: "categories", weight: (cell) => 1 / (cell + 1) },
];

export type TypeOne = {
  readonly base: string;
  readonly cells: number;
  readonly n: number;
  readonly m: number;
  /** Of the rarest cell, on the side of fewer rows. */
  readonly leastExpected: number;
  /** Chi-square over the cells as they are. */
  readonly raw: Rate;
  /** The judge's p, where it says there is enough data. */
  readonly judged: Rate;
};

export type TypeOneCase = Pick<TypeOne, "cells" | "n" | "m"> & { readonly base: Base };

/** Of n and m the larger one is the baseline's: the test is the same the other way round. */
export function typeOneCases(): TypeOneCase[] {
  return bases.flatMap((base) =>
    cellNumbers.flatMap((cells) =>
      rows.flatMap((n) => rows.filter((m) => m <= n).map((m): TypeOneCase => ({ base, cells, n, m }))),
    ),
  );
}

export function typeOneErrors(
  { base, cells, n, m }: TypeOneCase,
  { seed, pairs }: { readonly seed: number; readonly pairs: number },
): TypeOne {
  const shares = sharesOf(base, cells);
  const draw = new CellDraw(shares);
  const random = new Random(seed, `type one ${base.name} ${cells} ${n} ${m}`);
  let [raw, judged, enough] = [0, 0, 0];
  for (let pair = 0; pair < pairs; pair++) {
    const [baseline, current] = [draw.counts(random, n), draw.counts(random, m)];
    const { chi2, occupied } = cellSums(baseline, current, n, m);
    if (chiSquareUpperTail(chi2, occupied - 1) <= alpha) raw++;
    const p = judgedP(cellsOf(base, baseline), cellsOf(base, current));
    if (p === undefined) continue;
    enough++;
    if (p <= alpha) judged++;
  }
  return {
    ...{ base: base.name, cells, n, m },
    leastExpected: Math.min(...shares) * Math.min(n, m),
    raw: { times: raw, of: pairs },
    judged: { times: judged, of: enough },
  };
}

function sharesOf({ weight }: Base, cells: number): number[] {
  const weights = Array.from({ length: cells }, (_, cell) => weight(cell, cells));
  const sum = weights.reduce((all, each) => all + each, 0);
  return weights.map((each) => each / sum);
}

const edges = new Map<number, readonly number[]>();

function cellsOf({ form }: Base, counts: readonly number[]): Cells {
  if (form === "categories") return { form, counts: new Map(counts.map((count, cell) => [`c${cell}`, count])) };
  const bounds = edges.get(counts.length) ?? Array.from({ length: counts.length + 1 }, (_, edge) => edge);
  edges.set(counts.length, bounds);
  return { form, bounds, counts };
}

function judgedP(baseline: Cells, current: Cells): number | undefined {
  const [judgement] = judgeWindow([
    {
      ...{ kind: "input", feature: "x", noise: nothingLearnt },
      ...{ baseline, baselineMissing: 0, current, currentMissing: 0 },
    },
  ]);
  return judgement!.p;
}
