/** Distributions that windows are drawn of, before and after they changed, over cells so fine that a cell stands for a value. */
import { gammaUpperTail } from "@lockstep/analysis/stats/gamma";

export type Population = {
  readonly name: string;
  readonly form: "explicit" | "categories";
  /** Edges of the fine cells, one more than cells; of categories their places. */
  readonly bounds: readonly number[];
  readonly shares: readonly number[];
  readonly drifts: readonly Drift[];
};

export type Drift = {
  readonly kind: string;
  readonly severity: string;
  readonly shares: readonly number[];
};

/** Of a standard normal. */
const [lowest, highest, perDeviation] = [-6, 8, 40];
const edges = Array.from({ length: (highest - lowest) * perDeviation + 1 }, (_, edge) => lowest + edge / perDeviation);

type Bell = { readonly part: number; readonly mean: number; readonly deviation: number };

const still: Bell = { part: 1, mean: 0, deviation: 1 };

const bellDrifts: readonly Drift[] = [
  ...[0.05, 0.1, 0.2, 0.5].map((mean) => drift("shift", `${mean} σ`, [{ ...still, mean }])),
  ...[1.1, 1.25, 1.5, 2].map((deviation) => drift("scale", `x ${deviation}`, [{ ...still, deviation }])),
  ...[0.005, 0.01, 0.02, 0.05].map((part) =>
    drift("tail", `${percent(part)} at 4 σ`, [
      { ...still, part: 1 - part },
      { part, mean: 4, deviation: 0.5 },
    ]),
  ),
  ...[0.02, 0.05, 0.1, 0.2].map((part) =>
    drift("segment", `${percent(part)} at 1 σ`, [
      { ...still, part: 1 - part },
      { part, mean: 1, deviation: 0.2 },
    ]),
  ),
];

function drift(kind: string, severity: string, mixture: readonly Bell[]): Drift {
  return { kind, severity, shares: sharesOf(mixture) };
}

function percent(part: number): string {
  return `${100 * part} %`;
}

function sharesOf(mixture: readonly Bell[]): number[] {
  const below = edges.map((edge, at) => {
    if (at === 0 || at === edges.length - 1) return at === 0 ? 0 : 1;
    return mixture.reduce((sum, { part, mean, deviation }) => sum + part * normalBelow((edge - mean) / deviation), 0);
  });
  return below.slice(1).map((upper, cell) => upper - below[cell]!);
}

function normalBelow(z: number): number {
  const tail = gammaUpperTail(0.5, (z * z) / 2) / 2;
  return z < 0 ? tail : 1 - tail;
}

const weights = Array.from({ length: 8 }, (_, cell) => 1 / (cell + 1));
const categoryShares = weights.map((weight) => weight / weights.reduce((sum, each) => sum + each, 0));

/** From the most frequent category to the rarest. */
function moved(part: number): Drift {
  const shares = [...categoryShares];
  shares[0]! -= part;
  shares[shares.length - 1]! += part;
  return { kind: "shares", severity: `${percent(part)} moved`, shares };
}

export const populations: readonly Population[] = [
  { name: "bell", form: "explicit", bounds: edges, shares: sharesOf([still]), drifts: bellDrifts },
  {
    name: "long tail",
    form: "explicit",
    bounds: edges.map(Math.exp),
    shares: sharesOf([still]),
    drifts: bellDrifts,
  },
  {
    name: "categories",
    form: "categories",
    bounds: Array.from({ length: 9 }, (_, edge) => edge),
    shares: categoryShares,
    drifts: [0.01, 0.02, 0.05, 0.1].map(moved),
  },
];
