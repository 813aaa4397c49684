import { describe, expect, test } from "vitest";
import { doaneCells } from "./doane.ts";
import { populations } from "./populations.ts";
import { rules } from "./rules.ts";

const rounded = (shares: readonly number[], rows: number) => shares.map((share) => Math.round(share * rows));
const sum = (values: readonly number[]) => values.reduce((all, each) => all + each, 0);

describe.each(populations.map((population) => [population.name, population] as const))("%s", (_, population) => {
  test("shares add up to 1, whatever drifted", () => {
    for (const shares of [population.shares, ...population.drifts.map((drift) => drift.shares)]) {
      expect(sum(shares)).toBeCloseTo(1, 12);
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    }
  });

  test("every rule is silent where nothing changed, and sees the largest change of many rows", () => {
    const rows = 100_000;
    const windows = [0.98, 1, 1.02].flatMap((size) => [1, 2].map(() => rounded(population.shares, size * rows)));
    const counts = population.shares.map((_, cell) => sum(windows.map((window) => window[cell]!)));
    const reference = { population, windows, counts, rows: sum(counts) };
    const worst = population.drifts.filter(({ kind }) => kind === "shift" || kind === "shares").at(-1)!;
    for (const rule of rules.filter(({ isFor }) => isFor(population))) {
      const says = rule.learn(reference);
      const still = says(windows[2]!);
      const changed = says(rounded(worst.shares, rows));
      expect([rule.names, still.map(({ alert }) => alert)]).toEqual([rule.names, rule.names.map(() => false)]);
      expect([rule.names, changed.map(({ alert }) => alert)]).toEqual([rule.names, rule.names.map(() => true)]);
      for (const [way, { score }] of changed.entries()) expect(score).toBeGreaterThan(still[way]!.score);
    }
  });
});

test("mean and spread of a drifted bell are as told", () => {
  const bell = populations[0]!;
  const moments = (shares: readonly number[]) => {
    const middles = shares.map((_, cell) => (bell.bounds[cell]! + bell.bounds[cell + 1]!) / 2);
    const mean = sum(shares.map((share, cell) => share * middles[cell]!));
    return [mean, Math.sqrt(sum(shares.map((share, cell) => share * (middles[cell]! - mean) ** 2)))];
  };
  const of = (kind: string, severity: string) =>
    moments(bell.drifts.find((each) => each.kind === kind && each.severity === severity)!.shares);
  expect(moments(bell.shares)).toEqual([expect.closeTo(0, 3), expect.closeTo(1, 3)]);
  expect(of("shift", "0.5 σ")).toEqual([expect.closeTo(0.5, 3), expect.closeTo(1, 3)]);
  expect(of("scale", "x 1.5")).toEqual([expect.closeTo(0, 3), expect.closeTo(1.5, 2)]);
  expect(of("tail", "5 % at 4 σ")[0]).toBeCloseTo(0.2, 3);
});

test("Doane's cells: without skewness as many as Sturges has, and one for what lies outside", () => {
  const bounds = Array.from({ length: 102 }, (_, edge) => edge);
  const counts = new Array<number>(101).fill(0).map((_, cell) => (cell === 0 ? 0 : 10));
  const { cellOf, cells } = doaneCells(bounds, counts);
  // 1 + log2(1000) rounded up is 11.
  expect(cells).toBe(12);
  expect(cellOf[0]).toBe(11);
  expect([cellOf[1], cellOf[100]]).toEqual([0, 10]);
  expect(
    doaneCells(
      bounds,
      counts.map((_, cell) => Math.round(1000 * 0.9 ** cell)),
    ).cells,
  ).toBeGreaterThan(12);
});
