/** Who uses which GPU: intervals from the labels of samples and the mapping file, kept in `attribution`. */
import { type Attribution, AttributionFolder } from "@lockstep/analysis/gpu/attribution";
import type { GpuMapping } from "@lockstep/analysis/gpu/gpu-mapping";
import { type GpuAttributionRow, gpuAttributionOpen } from "@lockstep/schemas/queries/gpu-attribution-open";
import { type GpuSeenRow, gpuAttributionSeen } from "@lockstep/schemas/queries/gpu-attribution-seen";
import type { Task } from "../../schedule/schedule.ts";
import type { Detection, DetectStore } from "../detection.ts";
import { GpuInventory } from "../places/gpu-inventory.ts";

const intervalMs = 30_000;
/** Some scrapes without labels break no interval. */
const maxGapMs = 300_000;
/** Of samples looked at at once. */
const chunkMs = 600_000;
/** What came in late is looked at again. */
const lateMs = 60_000;
/** After a longer pause an interval ends, and the next begins. */
const catchUpMs = 6 * 3_600_000;
const maxChunks = 4;
const maxSeries = 200_000;
/** An interval that only grew is written this often. */
const rewriteMs = 60_000;

type Interval = { readonly who: Who; readonly sinceMs: number; untilMs: number; writtenMs: number };

/** The same intervals again after a restart: they are taken up from the table by who used what. */
export class AttributionKeeper {
  readonly #store: DetectStore;
  #folder: AttributionFolder | undefined;
  #mapping: GpuMapping | undefined;
  readonly #kept = new Map<string, Interval>();
  /** To be written; what could not be stays. */
  readonly #due = new Set<Interval>();
  #cursorMs: number | undefined;

  constructor(store: DetectStore) {
    this.#store = store;
  }

  /** Looks at the samples since the last time; gives the GPUs there are. */
  async look(mapping: GpuMapping | undefined, now: number, signal: AbortSignal): Promise<GpuInventory> {
    if (this.#cursorMs === undefined) await this.#takeUp(now, signal);
    if (this.#folder === undefined || mapping !== this.#mapping) {
      // What is open goes on by the new mapping; intervals are joined to those kept by who used what.
      this.#folder = new AttributionFolder({ maxGapMs, maxOpen: maxSeries }, mapping);
      this.#mapping = mapping;
    }
    let inventory = new GpuInventory();
    for (let chunk = 0; chunk < maxChunks && this.#cursorMs! < now; chunk++) {
      const fromMs = this.#cursorMs! - lateMs;
      const toMs = Math.min(now, this.#cursorMs! + chunkMs);
      const seen = await this.#store.read(gpuAttributionSeen({ fromMs, toMs, limit: maxSeries }), { signal });
      inventory = inventoryOf(seen, mapping);
      for (const { labels, firstAt, lastAt } of seen) {
        const set = new Map(Object.entries(labels));
        this.#folder.add(set, firstAt);
        this.#folder.add(set, lastAt);
      }
      await this.#write(toMs, signal);
      this.#cursorMs = toMs;
    }
    return inventory;
  }

  async #takeUp(now: number, signal: AbortSignal): Promise<void> {
    const rows = await this.#store.read(gpuAttributionOpen({ fromMs: now - catchUpMs - maxGapMs, limit: maxSeries }), {
      signal,
    });
    let newest = 0;
    for (const row of rows) {
      const who = whoOf(row);
      const { since: sinceMs, until: untilMs } = row;
      newest = Math.max(newest, untilMs);
      if (!this.#kept.has(keyOf(who))) this.#kept.set(keyOf(who), { who, sinceMs, untilMs, writtenMs: untilMs });
    }
    this.#cursorMs = newest === 0 ? now - chunkMs : Math.max(newest, now - catchUpMs);
  }

  async #write(now: number, signal: AbortSignal): Promise<void> {
    for (const interval of [...this.#folder!.takeClosed(now), ...this.#folder!.open()]) this.#keep(interval);
    for (const [key, kept] of this.#kept) {
      const over = now - kept.untilMs > maxGapMs;
      if (kept.untilMs - kept.writtenMs >= rewriteMs || (over && kept.writtenMs < kept.untilMs)) this.#due.add(kept);
      if (over) this.#kept.delete(key);
    }
    signal.throwIfAborted();
    const due = [...this.#due].map((kept) => ({ kept, untilMs: kept.untilMs }));
    const rows = due.map(({ kept: { who, sinceMs }, untilMs }) => ({ ...who, since: sinceMs, until: untilMs }));
    await this.#store.insertRows("attribution", rows);
    for (const { kept, untilMs } of due) {
      kept.writtenMs = untilMs;
      this.#due.delete(kept);
    }
  }

  #keep(interval: Attribution): void {
    const who = rowOf(interval);
    const key = keyOf(who);
    const known = this.#kept.get(key);
    if (known !== undefined && interval.from - known.untilMs <= maxGapMs && interval.to >= known.sinceMs) {
      known.untilMs = Math.max(known.untilMs, interval.to);
      return;
    }
    // What is kept began later: an interval that closed while it was.
    if (known !== undefined && interval.to < known.sinceMs) return;
    if (known !== undefined && known.writtenMs < known.untilMs) this.#due.add(known);
    this.#kept.set(key, { who, sinceMs: interval.from, untilMs: interval.to, writtenMs: 0 });
  }
}

export function attributionTask(detection: () => Detection): Task {
  return {
    name: "attribution",
    intervalMs,
    async run(now, signal) {
      const current = detection();
      const { mapping } = await current.files.read();
      current.inventory = await current.attribution.look(mapping, now, signal);
    },
  };
}

function inventoryOf(seen: readonly GpuSeenRow[], mapping: GpuMapping | undefined): GpuInventory {
  const inventory = new GpuInventory();
  for (const { labels } of seen) inventory.add(new Map(Object.entries(labels)), mapping);
  return inventory;
}

type Who = ReturnType<typeof whoOf>;

function whoOf(row: GpuAttributionRow) {
  return {
    gpu: row.gpu,
    gpu_instance: row.gpuInstance,
    node: row.node,
    namespace: row.namespace,
    pod: row.pod,
    container: row.container,
    job: row.job,
    model: row.model,
    replica: row.replica,
    price_class: row.priceClass,
  };
}

function rowOf({ gpu, mig, node, namespace, pod, container, job, model, replica, price_class }: Attribution): Who {
  return {
    gpu,
    gpu_instance: mig ?? "",
    node: node ?? "",
    namespace: namespace ?? "",
    pod: pod ?? "",
    container: container ?? "",
    job: job ?? "",
    model: model ?? "",
    replica: replica ?? "",
    price_class: price_class ?? "",
  };
}

function keyOf(who: Who): string {
  return JSON.stringify(Object.values(who));
}
