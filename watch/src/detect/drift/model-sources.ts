/** Where scraped histograms of models come from: how far each is made windows of, and which models were found in it. */
import type { ModelSource } from "@lockstep/config/config";

/** A label that tells requests apart instead of models must not fill the memory. */
const maxModels = 20_000;

/** Windows that end after `afterMs`, up to and at `toMs`. */
export type WindowStretch = {
  readonly afterMs: number;
  readonly toMs: number;
  /** When nothing was found in it: what is in a spool may come yet. */
  readonly emptyMs?: number;
};

type Front = {
  /** End of the window to observe next. */
  nextMs: number;
  /** Older windows that nobody has made yet, oldest first. */
  owed: readonly WindowStretch[];
};

export class ModelSources {
  readonly #found = new Map<ModelSource, Set<string>>();
  readonly #fronts = new Map<ModelSource, Front>();

  /** By source: models that were found under its label. */
  get found(): ReadonlyMap<ModelSource, ReadonlySet<string>> {
    return this.#found;
  }

  /** End of the window to observe next; undefined where that is not known yet. */
  next(source: ModelSource): number | undefined {
    return this.#fronts.get(source)?.nextMs;
  }

  begin(source: ModelSource, nextMs: number): void {
    this.#fronts.set(source, { owed: [], ...this.#fronts.get(source), nextMs });
  }

  /** Left for when there is time: the newest of it first, since what is judged now is compared with what was just before. */
  owe(source: ModelSource, stretches: readonly WindowStretch[]): void {
    const front = this.#fronts.get(source);
    if (front === undefined) return;
    const some = stretches.filter(({ afterMs, toMs }) => toMs > afterMs);
    const sorted = [...front.owed, ...some].sort((a, b) => a.toMs - b.toMs);
    front.owed = sorted.reduce<readonly WindowStretch[]>(joined, []);
  }

  /**
   * The newest stretch that is owed, and no longer owed then; of what ends after `afterMs`. Those where nothing was found after
   * `emptyMs` wait. Undefined where there is none.
   */
  pay(source: ModelSource, { afterMs, emptyMs }: { afterMs: number; emptyMs: number }): WindowStretch | undefined {
    const front = this.#fronts.get(source);
    if (front === undefined) return undefined;
    front.owed = front.owed.filter(({ toMs }) => toMs > afterMs);
    const at = front.owed.findLastIndex((each) => each.emptyMs === undefined || each.emptyMs <= emptyMs);
    const stretch = front.owed[at];
    if (stretch === undefined) return undefined;
    front.owed = front.owed.toSpliced(at, 1);
    return { ...stretch, afterMs: Math.max(stretch.afterMs, afterMs) };
  }

  add(source: ModelSource, models: readonly string[]): void {
    const known = this.#found.get(source) ?? new Set();
    for (const model of models) if (known.size < maxModels) known.add(model);
    this.#found.set(source, known);
  }

  /** The configuration changed: others are no sources any more. */
  keep(sources: readonly ModelSource[]): void {
    const kept = new Set(sources);
    for (const known of [this.#found, this.#fronts])
      for (const source of known.keys()) if (!kept.has(source)) known.delete(source);
  }
}

/** Stretches without anything that follow each other are looked at as one. */
function joined(all: readonly WindowStretch[], next: WindowStretch): readonly WindowStretch[] {
  const last = all.at(-1);
  if (last?.emptyMs === undefined || next.emptyMs === undefined || last.toMs !== next.afterMs) return [...all, next];
  const emptyMs = Math.max(last.emptyMs, next.emptyMs);
  return [...all.slice(0, -1), { afterMs: last.afterMs, toMs: next.toMs, emptyMs }];
}
