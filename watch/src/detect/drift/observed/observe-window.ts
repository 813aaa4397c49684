/** Makes rows of `histograms` of what was scraped of a source in one window; the same rows when it is asked again. */
import { createHash } from "node:crypto";
import { toStored } from "@lockstep/analysis/drift/stored-observed";
import type { ModelSource } from "@lockstep/config/config";
import { encodeRows } from "@lockstep/formats/native";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import type { Store } from "@lockstep/store/client";
import { observedOf } from "./observed-of.ts";
import { firstSample, readSamples } from "./read-samples.ts";

export type ObserveRequest = {
  readonly source: ModelSource;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly nowMs: number;
};

export type ObserveAnswer = {
  readonly models: readonly string[];
  readonly rows: number;
  /** Why windows of some histograms were dropped. */
  readonly dropped: readonly string[];
  /** Nothing was scraped before. Milliseconds since 1970. */
  readonly nextMs: number;
};

/** Windows whose content is remembered, so that looking again writes nothing new. */
const remembered = 50_000;

export class WindowObserver {
  readonly #store: Pick<Store, "readBinary" | "insertNative">;
  readonly #written = new Map<string, string>();

  constructor(store: Pick<Store, "readBinary" | "insertNative">) {
    this.#store = store;
  }

  async observe({ source, sinceMs, untilMs, nowMs }: ObserveRequest, signal: AbortSignal): Promise<ObserveAnswer> {
    const series = await readSamples(this.#store, source, { sinceMs, untilMs }, signal);
    if (series.length === 0) {
      const scope = { afterMs: untilMs, untilMs: nowMs };
      const nextMs = untilMs >= nowMs ? undefined : await firstSample(this.#store, source, scope, signal);
      return { models: [], rows: 0, dropped: [], nextMs: nextMs ?? nowMs };
    }
    const { rows, dropped } = observedOf(source, series, { sinceMs, untilMs });
    const fresh = rows.filter(({ observed, origin }) => {
      const key = `${untilMs} ${origin} ${observed.kind} ${observed.feature}`;
      const content = JSON.stringify(observed.cells);
      if (this.#written.get(key) === content) return false;
      this.#written.delete(key);
      this.#written.set(key, content);
      return true;
    });
    signal.throwIfAborted();
    if (fresh.length > 0) {
      const stored = fresh.map(({ observed, origin }) =>
        toStored(observed, { source: "prometheus", origin, seen: nowMs }),
      );
      const block = encodeRows(BLOCK_TABLES.histograms, stored);
      try {
        await this.#store.insertNative("histograms", [block], { token: tokenOf(block) });
      } catch (error) {
        this.#written.clear();
        throw error;
      }
    }
    this.#forgetOldest();
    const models = [...new Set(rows.map(({ observed }) => observed.model))];
    return { models, rows: fresh.length, dropped, nextMs: untilMs };
  }

  #forgetOldest(): void {
    for (const key of this.#written.keys()) {
      if (this.#written.size <= remembered) return;
      this.#written.delete(key);
    }
  }
}

function tokenOf(block: Uint8Array): string {
  return `observed ${createHash("sha256").update(block).digest("hex")}`;
}
