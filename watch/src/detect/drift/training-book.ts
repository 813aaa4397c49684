/** The fixed references of models: what somebody said they are to be compared with. */
import { type DriftBaselineRow, driftBaselines } from "@lockstep/schemas/queries/drift-baselines";
import type { BaselineFeature } from "./judge-model-window.ts";
import type { Reader, StretchReader } from "./read-stretches.ts";

const maxBaselines = 10_000;
/** Rows of a reference may still come in, from another process too. */
const readAgainMs = 600_000;

type Learnt = {
  readonly row: DriftBaselineRow;
  readonly features: ReadonlyMap<string, BaselineFeature>;
  readonly readMs: number;
};

export class TrainingBook {
  /** By model. */
  #rows = new Map<string, DriftBaselineRow[]>();
  readonly #learnt = new Map<string, Learnt>();

  /** Gives the models whose reference changed since they were judged. */
  async refresh(store: Reader, signal: AbortSignal): Promise<string[]> {
    const before = this.#rows;
    const rows = await store.read(driftBaselines({ limit: maxBaselines }), { signal });
    this.#rows = Map.groupBy(rows, ({ model }) => model);
    return [...this.#rows]
      .filter(([model, now]) => {
        const newest = Math.max(...now.map(({ created }) => created));
        const known = before.get(model);
        if (known === undefined) return newest > Math.max(...now.map(({ judged }) => judged));
        return newest > Math.max(...known.map(({ created }) => created));
      })
      .map(([model]) => model);
  }

  /** Of its own version before that of every version. */
  of(model: string, version: string): DriftBaselineRow | undefined {
    const rows = this.#rows.get(model);
    return rows?.find((row) => row.version === version) ?? rows?.find((row) => row.version === "");
  }

  /** Whether a window is part of what the model is compared with: it is not judged itself. */
  holds(model: string, sinceMs: number, untilMs: number): boolean {
    const rows = this.#rows.get(model) ?? [];
    return rows.some(({ sinceAt, untilAt }) => sinceMs >= sinceAt && untilMs <= untilAt);
  }

  features(model: string, version: string): ReadonlyMap<string, BaselineFeature> | undefined {
    const row = this.of(model, version);
    return row && this.#learnt.get(keyOf(row))?.features;
  }

  forget(model: string): void {
    for (const row of this.#rows.get(model) ?? []) this.#learnt.delete(keyOf(row));
  }

  /** Makes `features` answer for these. */
  async load(
    of: readonly { readonly model: string; readonly version: string }[],
    reader: StretchReader,
    nowMs: number,
  ): Promise<void> {
    const rows = new Map<string, DriftBaselineRow>();
    for (const { model, version } of of) {
      const row = this.of(model, version);
      if (row === undefined) continue;
      const known = this.#learnt.get(keyOf(row));
      const stale = known === undefined || known.row.created !== row.created || nowMs - known.readMs > readAgainMs;
      if (stale) rows.set(keyOf(row), row);
    }
    // One stretch of a model at a time.
    const waiting = [...rows.values()];
    while (waiting.length > 0) {
      const models = new Set<string>();
      const some = waiting.filter(({ model }) => !models.has(model) && models.add(model));
      for (const row of some) waiting.splice(waiting.indexOf(row), 1);
      await this.#learn(some, reader, nowMs);
    }
  }

  async #learn(rows: readonly DriftBaselineRow[], reader: StretchReader, nowMs: number): Promise<void> {
    const stretches = rows.map(({ model, sinceAt, untilAt, ofVersion }) => {
      return { model, fromMs: sinceAt, toMs: untilAt, version: ofVersion, hour: -1, offsetMs: 0 };
    });
    const counts = await reader.count(stretches);
    const of = stretches.map((stretch) => ({ stretch, windows: counts.get(stretch.model)?.windows ?? 0 }));
    const found = await reader.features(
      of.filter(({ windows }) => windows > 0),
      { leastWindows: 1, whole: true },
    );
    for (const row of rows) {
      const features = found.get(row.model)?.features ?? new Map<string, BaselineFeature>();
      this.#learnt.set(keyOf(row), { row, features, readMs: nowMs });
    }
  }
}

function keyOf({ model, version }: DriftBaselineRow): string {
  return JSON.stringify([model, version]);
}
