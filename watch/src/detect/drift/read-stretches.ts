/** Windows of the past, read and learnt from: what a baseline is made of. */
import { learnNoise } from "@lockstep/analysis/drift/learn-noise";
import type { ObservedKind } from "@lockstep/schemas/domain/observed";
import type { DriftCellsRow } from "@lockstep/schemas/queries/drift-cells";
import { type DriftStretchRow, driftStretch, type Stretch } from "@lockstep/schemas/queries/drift-stretch";
import { driftStretchCells } from "@lockstep/schemas/queries/drift-stretch-cells";
import type { WindowGrid } from "@lockstep/schemas/queries/drift-window-key";
import type { Store } from "@lockstep/store/client";
import type { BaselineFeature } from "./judge-model-window.ts";
import { featureKey } from "./model-window.ts";
import { readCells } from "./read-cells.ts";
import { type Summed, summed, summedOf } from "./stored-cells.ts";

export type Reader = Pick<Store, "read" | "readBinary">;

/** Of a baseline, so many windows are looked at one by one: more teach nothing new of how restless it is. */
export const learntFrom = 48;
/** Models asked about at once: what is read at once is parsed at once. */
const modelsAtOnce = 8;

export type StretchFeatures = {
  readonly features: ReadonlyMap<string, BaselineFeature>;
  /** How many windows there are. */
  readonly windows: number;
};

/** Windows of a feature that must not be learnt from begin then. */
export type LearnUntil = (model: string, kind: string, feature: string) => number | undefined;

export class StretchReader {
  readonly #store: Reader;
  readonly #grid: WindowGrid;
  readonly #signal: AbortSignal;

  constructor(store: Reader, grid: WindowGrid, signal: AbortSignal) {
    this.#store = store;
    this.#grid = grid;
    this.#signal = signal;
  }

  /** By model; one stretch of each. Models that have no window in it are left out. */
  async count(of: readonly Stretch[]): Promise<Map<string, DriftStretchRow>> {
    if (of.length === 0) return new Map();
    const rows = await this.#store.read(driftStretch({ ...this.#grid, of }), { signal: this.#signal });
    return new Map(rows.map((row) => [row.model, row]));
  }

  /**
   * Window by window, of long stretches some of them. `leastWindows`: features with fewer are left out. `whole`: the baseline is
   * all of the stretch, not only what was learnt from.
   */
  async features(
    of: readonly { readonly stretch: Stretch; readonly windows: number }[],
    options: { readonly leastWindows: number; readonly whole: boolean; readonly until?: LearnUntil },
  ): Promise<Map<string, StretchFeatures>> {
    const found = new Map<string, StretchFeatures>();
    for (let at = 0; at < of.length; at += modelsAtOnce) {
      const some = of.slice(at, at + modelsAtOnce);
      const stretches = some.map(({ stretch }) => stretch);
      const every = some.map(({ windows }) => Math.max(1, Math.ceil(windows / learntFrom)));
      const apart = await this.#cells(stretches, every, true);
      const long = some.filter((_, i) => every[i]! > 1 && options.whole).map(({ stretch }) => stretch);
      const ones = long.map(() => 1);
      const whole = long.length === 0 ? new Map<string, DriftCellsRow[]>() : await this.#cells(long, ones, false);
      for (const { stretch, windows } of some) {
        const rows = apart.get(stretch.model) ?? [];
        const features = learn(stretch.model, rows, whole.get(stretch.model), options);
        found.set(stretch.model, { features, windows });
      }
    }
    return found;
  }

  async #cells(of: readonly Stretch[], every: readonly number[], apart: boolean) {
    const rows = await readCells(this.#store, driftStretchCells({ ...this.#grid, of, every, apart }), this.#signal);
    return Map.groupBy(rows, ({ model }) => model);
  }
}

function learn(
  model: string,
  rows: readonly DriftCellsRow[],
  whole: readonly DriftCellsRow[] | undefined,
  { leastWindows, until }: { readonly leastWindows: number; readonly until?: LearnUntil },
): Map<string, BaselineFeature> {
  const features = new Map<string, BaselineFeature>();
  const totals = whole && byFeature(whole);
  for (const [key, ofFeature] of byFeature(rows)) {
    const { kind, feature } = ofFeature[0]!;
    const windows = windowsOf(ofFeature, leastWindows, until?.(model, kind, feature));
    if (windows.length < leastWindows) continue;
    const told = windows.flatMap(({ cells, missing }) => (cells === undefined ? [] : [{ cells, missing }]));
    const learnt = learnNoise(told);
    if (learnt === undefined) continue;
    const all = summed(totals?.get(key)?.map(summedOf) ?? windows);
    const baseline = all.cells ?? learnt.baseline;
    features.set(key, {
      ...{ kind: kind as ObservedKind, feature, noise: learnt.noise, baseline },
      ...{ baselineMissing: all.missing, labelled: all.labelled },
      ...(kind === "score" && { windows }),
    });
  }
  return features;
}

function byFeature(rows: readonly DriftCellsRow[]): Map<string, DriftCellsRow[]> {
  return Map.groupBy(rows, ({ kind, feature }) => featureKey(kind, feature));
}

/** Those that drift are not the usual; what has drifted for so long that little else is left is. */
function windowsOf(rows: readonly DriftCellsRow[], least: number, untilMs: number | undefined): Summed[] {
  const windows = [...Map.groupBy(rows, ({ sinceAt }) => sinceAt)].map(([sinceMs, parts]) => ({
    sinceMs,
    sum: summed(parts.map(summedOf)),
  }));
  const before = windows.filter(({ sinceMs }) => untilMs === undefined || sinceMs < untilMs);
  return (before.length >= least ? before : windows).map(({ sum }) => sum);
}
