/** Where scraped histograms of models come from: how far each is made windows of, and which models were found in it. */
import type { ModelSource } from "@lockstep/config/config";

/** A label that tells requests apart instead of models must not fill the memory. */
const maxModels = 20_000;

export class ModelSources {
  readonly #found = new Map<ModelSource, Set<string>>();
  readonly #next = new Map<ModelSource, number>();

  /** By source: models that were found under its label. */
  get found(): ReadonlyMap<ModelSource, ReadonlySet<string>> {
    return this.#found;
  }

  /** End of the window to observe next; undefined where that is not known yet. */
  next(source: ModelSource): number | undefined {
    return this.#next.get(source);
  }

  begin(source: ModelSource, untilMs: number): void {
    this.#next.set(source, untilMs);
  }

  add(source: ModelSource, models: readonly string[]): void {
    const known = this.#found.get(source) ?? new Set();
    for (const model of models) if (known.size < maxModels) known.add(model);
    this.#found.set(source, known);
  }

  /** The configuration changed: others are no sources any more. */
  keep(sources: readonly ModelSource[]): void {
    const kept = new Set(sources);
    for (const known of [this.#found, this.#next])
      for (const source of known.keys()) if (!kept.has(source)) known.delete(source);
  }
}
