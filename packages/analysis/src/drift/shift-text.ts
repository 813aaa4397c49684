/** What changed, in one sentence. */
import type { DriftMethod } from "@lockstep/schemas/domain/drift-finding";
import type { FeatureJudgement } from "./judgement.ts";
import type { MatchedCells } from "./match-cells.ts";

/** Of a category's share, or of where values lie: smaller differences are not told. */
const leastTold = 0.01;

const number = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const names: Readonly<Record<DriftMethod, string>> = { psi: "PSI", js: "JS", w1: "W1" };

/** "prompt_tokens moved up: median 310 to 620 (PSI 0.42, threshold 0.1, expected noise 0.004, n = 48,112)". */
export function shiftText(
  feature: string,
  match: MatchedCells,
  judgement: Pick<FeatureJudgement, "method" | "distance" | "threshold" | "expected" | "nCurrent">,
): string {
  return `${feature} ${shiftOf(match)} (${figuresOf(judgement)})`;
}

export function figuresOf({
  method,
  distance,
  threshold,
  expected,
  nCurrent,
}: Parameters<typeof shiftText>[2]): string {
  const rows = number.format(nCurrent);
  return `${names[method]} ${figure(distance)}, threshold ${figure(threshold)}, expected noise ${figure(expected)}, n = ${rows}`;
}

export function figure(value: number | undefined): string {
  if (value === undefined) return "unknown";
  return value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}

/** "moved up: ...", "changed: card from 3.0 % to 11 %", ...: what a sentence about the feature goes on with. */
export function shiftOf(match: MatchedCells): string {
  return match.form === "categories" ? categoryShift(match) : numericShift(match);
}

function categoryShift({ names, baseline, current }: MatchedCells & { form: "categories" }): string {
  const [n, m] = [sumOf(baseline), sumOf(current)];
  const moves = names
    .map((name, cell) => ({ name, before: baseline[cell]! / n, now: current[cell]! / m }))
    .filter(({ before, now }) => Math.abs(now - before) >= leastTold)
    .sort((a, b) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before));
  const [first] = moves;
  if (first === undefined) return "changed in many small shares";
  return `changed: ${first.name} from ${percent(first.before)} to ${percent(first.now)}`;
}

/** By the quartiles: where the middle went, and whether the middle half became wider. */
function numericShift({ bounds, baseline, current }: MatchedCells & { form: "numeric" }): string {
  const [before, now] = [baseline, current].map((counts) =>
    [0.25, 0.5, 0.75].map((share) => quantile(bounds, counts, share)),
  ) as [number[], number[]];
  const [low, middle, high] = [0, 1, 2].map((i) => now[i]! - before[i]!) as [number, number, number];
  const width = before[2]! - before[0]!;
  const told = `median ${short(before[1]!)} to ${short(now[1]!)}`;
  if (!(width > 0) || ![low, middle, high].every(Number.isFinite)) return `changed: ${told}`;
  if (Math.abs(middle) >= 0.1 * width) return `moved ${middle > 0 ? "up" : "down"}: ${told}`;
  const wider = (now[2]! - now[0]!) / width;
  if (wider >= 1.1) return `spread: its middle half is ${wider.toFixed(1)}x as wide`;
  if (wider <= 1 / 1.1) return `narrowed: its middle half is ${wider.toFixed(2)}x as wide`;
  return "changed in its tails or its shape";
}

/** Values spread evenly over their cells; an open cell counts as its finite edge. */
export function quantile(bounds: readonly number[], counts: readonly number[], share: number): number {
  const wanted = share * sumOf(counts);
  let below = 0;
  for (const [cell, count] of counts.entries()) {
    if (below + count >= wanted && count > 0) {
      const [low, high] = [bounds[cell]!, bounds[cell + 1]!];
      if (!Number.isFinite(low)) return high;
      return Number.isFinite(high) ? low + ((high - low) * (wanted - below)) / count : low;
    }
    below += count;
  }
  return Number.NaN;
}

function short(value: number): string {
  if (!Number.isFinite(value)) return "?";
  return Math.abs(value) >= 1000 ? number.format(value) : Number(value.toPrecision(3)).toString();
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
