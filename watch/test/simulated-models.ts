/** For tests: what the replicas of a model see, window by window, always the same. */
import type { Cells, Observed, ObservedKind } from "@lockstep/schemas/domain/observed";

export const WINDOW = 300_000;

/** 0 to 1. */
export type Draw = () => number;

/** mulberry32. */
export function draws(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const EDGES = [0, 16, 32, 64, 96, 128, 192, 256, 384, 512, 1024, Number.POSITIVE_INFINITY];

/** Lengths about `middle`, log-normal. */
export function lengths(draw: Draw, rows: number, middle: number): Cells {
  const counts = EDGES.slice(1).map(() => 0);
  for (let row = 0; row < rows; row++) {
    const normal = Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
    const length = middle * Math.exp(0.6 * normal);
    counts[Math.max(0, EDGES.findIndex((edge, at) => at > 0 && length <= edge) - 1)]! += 1;
  }
  return { form: "explicit", bounds: EDGES, counts };
}

export function categories(draw: Draw, rows: number, shares: Readonly<Record<string, number>>): Cells {
  const counts = new Map<string, number>();
  const names = Object.keys(shares);
  for (let row = 0; row < rows; row++) {
    let left = draw();
    let at = 0;
    while (at < names.length - 1 && left >= shares[names[at]!]!) left -= shares[names[at++]!]!;
    const name = names[at]!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return { form: "categories", counts };
}

export type Seen = {
  readonly kind: ObservedKind;
  readonly feature: string;
  readonly cells: Cells;
  readonly missing?: number;
};

export function observed(model: string, replica: string, since: number, seen: Seen, version = ""): Observed {
  const { kind, feature, cells, missing = 0 } = seen;
  const of = { model, version, replica, labels: new Map<string, string>(), kind, feature };
  return { ...of, since, until: since + WINDOW, cells, missing, sum: undefined };
}
