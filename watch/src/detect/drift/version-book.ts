/** What a new version of a model is compared with: the last day of the version before it. */
import { type ModelVersionRow, modelVersions } from "@lockstep/schemas/queries/model-versions";
import type { BaselineFeature } from "./judge-model-window.ts";
import type { Reader, StretchReader } from "./read-stretches.ts";

const DAY_MS = 86_400_000;
/** A version is new for so long, and its predecessor remembered. */
const newForMs = 7 * DAY_MS;
const lookAgainMs = 600_000;
const readAgainMs = 3_600_000;
const leastWindows = 3;

type Known = { readonly versions: readonly ModelVersionRow[]; readonly readMs: number };
type Learnt = {
  readonly before: string;
  readonly features: ReadonlyMap<string, BaselineFeature>;
  readonly readMs: number;
};

export type VersionWindow = { readonly model: string; readonly version: string; readonly sinceMs: number };

export class VersionBook {
  readonly #known = new Map<string, Known>();
  readonly #learnt = new Map<string, Learnt>();

  features({ model, version }: VersionWindow): ReadonlyMap<string, BaselineFeature> | undefined {
    return this.#learnt.get(keyOf(model, version))?.features;
  }

  forget(model: string): void {
    for (const { version } of this.#known.get(model)?.versions ?? []) this.#learnt.delete(keyOf(model, version));
    this.#known.delete(model);
  }

  /** Makes `features` answer for these windows; windows without a version have no version before it. */
  async load(
    windows: readonly VersionWindow[],
    store: Reader,
    reader: StretchReader,
    signal: AbortSignal,
    nowMs: number,
  ) {
    const named = windows.filter(({ version }) => version !== "");
    await this.#look(named, store, signal, nowMs);
    const wanted = named.flatMap((window) => {
      const before = this.#before(window);
      const key = keyOf(window.model, window.version);
      if (before === undefined) this.#learnt.delete(key);
      const known = this.#learnt.get(key);
      if (before === undefined) return [];
      const fresh = known?.before === before.version && nowMs - known.readMs <= readAgainMs;
      return fresh ? [] : [{ window, before }];
    });
    while (wanted.length > 0) {
      const models = new Set<string>();
      const some = wanted.filter(({ window: { model } }) => !models.has(model) && models.add(model));
      for (const one of some) wanted.splice(wanted.indexOf(one), 1);
      await this.#learn(some, reader, nowMs);
    }
  }

  async #look(windows: readonly VersionWindow[], store: Reader, signal: AbortSignal, nowMs: number): Promise<void> {
    const unknown = windows.filter(({ model, version }) => {
      const known = this.#known.get(model);
      if (known === undefined || nowMs - known.readMs > lookAgainMs) return true;
      return known.versions.every((each) => each.version !== version);
    });
    const of = [...new Set(unknown.map(({ model }) => model))];
    if (of.length === 0) return;
    const found = Map.groupBy(await store.read(modelVersions({ of }), { signal }), ({ model }) => model);
    for (const model of of) this.#known.set(model, { versions: found.get(model) ?? [], readMs: nowMs });
  }

  #before({ model, version, sinceMs }: VersionWindow): ModelVersionRow | undefined {
    const versions = this.#known.get(model)?.versions ?? [];
    const own = versions.find((each) => each.version === version);
    if (own === undefined || sinceMs - own.firstAt > newForMs) return undefined;
    return versions.filter(({ firstAt, lastAt }) => firstAt < own.firstAt && lastAt >= own.firstAt - newForMs).at(-1);
  }

  async #learn(
    of: readonly { readonly window: VersionWindow; readonly before: ModelVersionRow }[],
    reader: StretchReader,
    nowMs: number,
  ): Promise<void> {
    const stretches = of.map(({ before: { model, version, firstAt, lastAt } }) => {
      const fromMs = Math.max(firstAt, lastAt - DAY_MS);
      return { model, fromMs, toMs: lastAt, version, hour: -1, offsetMs: 0 };
    });
    const counts = await reader.count(stretches);
    const found = await reader.features(
      stretches
        .map((stretch) => ({ stretch, windows: counts.get(stretch.model)?.windows ?? 0 }))
        .filter(({ windows }) => windows > 0),
      { leastWindows, whole: true },
    );
    for (const { window, before } of of) {
      const features = found.get(window.model)?.features ?? new Map<string, BaselineFeature>();
      this.#learnt.set(keyOf(window.model, window.version), { before: before.version, features, readMs: nowMs });
    }
  }
}

function keyOf(model: string, version: string): string {
  return JSON.stringify([model, version]);
}
