/** How often a rule sees a change of a population, and how often it sees one where there is none. */
import { Random } from "../straggler/random.ts";
import { CellDraw } from "./draw.ts";
import { type Population, populations } from "./populations.ts";
import { type Reference, rules, type Said } from "./rules.ts";

/** Windows of as many rows as the current one that the reference is made of. */
const referenceWindows = 10;
/** At which rules are made equal. */
export const equalFalseAlarms = 0.01;

export type PowerCase = { readonly population: Population; readonly rows: number };

export type RulePower = {
  readonly rule: string;
  /** Share of windows without a change that the rule as published calls changed. */
  readonly falseAlarms: number;
  /** By drift of the population: share that is seen, as published and at equal false alarms. */
  readonly asPublished: readonly number[];
  readonly atEqual: readonly number[];
};

export type Power = {
  readonly population: string;
  readonly rows: number;
  readonly windows: number;
  readonly drifts: readonly { readonly kind: string; readonly severity: string }[];
  readonly rules: readonly RulePower[];
};

export function powerCases(): PowerCase[] {
  return populations.flatMap((population) => [100, 1000, 10_000].map((rows) => ({ population, rows })));
}

/** Each of so many `windows` has a reference of its own; the same reference is held against each drift. */
export function powerOf(
  { population, rows }: PowerCase,
  { seed, windows }: { readonly seed: number; readonly windows: number },
): Power {
  const { drifts } = population;
  const random = new Random(seed, `power ${population.name} ${rows}`);
  const still = new CellDraw(population.shares);
  const changed = drifts.map(({ shares }) => new CellDraw(shares));
  const asked = rules.filter(({ isFor }) => isFor(population));
  const tallies = asked.map(({ names }) => names.map(() => new Tally(drifts.length)));
  for (let window = 0; window < windows; window++) {
    const reference = referenceOf(population, still, random, rows);
    const currents = [still, ...changed].map((draw) => draw.counts(random, rows));
    for (const [at, rule] of asked.entries()) {
      const says = rule.learn(reference);
      for (const [drift, current] of currents.entries()) {
        for (const [way, said] of says(current).entries()) tallies[at]![way]!.add(drift, said);
      }
    }
  }
  return {
    ...{ population: population.name, rows, windows },
    drifts: drifts.map(({ kind, severity }) => ({ kind, severity })),
    rules: asked.flatMap(({ names }, at) => names.map((rule, way) => ({ rule, ...tallies[at]![way]!.shares() }))),
  };
}

function referenceOf(population: Population, draw: CellDraw, random: Random, rows: number): Reference {
  const windows = Array.from({ length: referenceWindows }, () => draw.counts(random, rows));
  const counts = population.shares.map((_, cell) => windows.reduce((sum, window) => sum + window[cell]!, 0));
  return { population, windows, counts, rows: rows * referenceWindows };
}

/** Of one rule: the first of its windows are those without a change. */
class Tally {
  readonly #scores: number[][];
  readonly #alerts: number[];

  constructor(drifts: number) {
    this.#scores = Array.from({ length: drifts + 1 }, () => []);
    this.#alerts = new Array<number>(drifts + 1).fill(0);
  }

  add(drift: number, { score, alert }: Said): void {
    this.#scores[drift]!.push(score);
    if (alert) this.#alerts[drift]!++;
  }

  shares(): Omit<RulePower, "rule"> {
    const [still, ...changed] = this.#scores;
    const windows = still!.length;
    const sorted = [...still!].sort((a, b) => b - a);
    // Above it lie as many as may at most, or fewer where several are the same.
    const threshold = sorted[Math.floor(equalFalseAlarms * windows)]!;
    const published = this.#alerts.map((alerts) => alerts / windows);
    return {
      falseAlarms: published[0]!,
      asPublished: published.slice(1),
      atEqual: changed.map((scores) => scores.filter((score) => score > threshold).length / windows),
    };
  }
}
