/** Xid errors that exporters tell of, as events: once for each change of the gauge, and for each rise of the count. */
import { gpuKey } from "@lockstep/analysis/gpu/identity";
import { xidOf } from "@lockstep/analysis/gpu/xid-catalog";
import { type XidEvent, XidFolder } from "@lockstep/analysis/gpu/xid-folder";
import { type XidChangeRow, xidChanges } from "@lockstep/schemas/queries/xid-changes";
import type { Task } from "../../schedule/schedule.ts";
import type { Detection, DetectStore } from "../detection.ts";

const intervalMs = 30_000;
/** Read at first, to know what gauges said before; events in it are written once more as the same rows. */
const lookBackMs = 3_600_000;
const lateMs = 60_000;
const maxChanges = 100_000;

export class XidKeeper {
  readonly #store: DetectStore;
  readonly #folder = new XidFolder();
  /** By series: the last sample that was looked at. */
  readonly #lastAt = new Map<string, number>();
  /** To be written; what could not be stays. */
  readonly #due: ReturnType<typeof rowOf>[] = [];
  #cursorMs: number | undefined;

  constructor(store: DetectStore) {
    this.#store = store;
  }

  async look(now: number, signal: AbortSignal): Promise<void> {
    const fromMs = this.#cursorMs === undefined ? now - lookBackMs : this.#cursorMs - lateMs;
    const changes = await this.#store.read(xidChanges({ fromMs, toMs: now, limit: maxChanges }), { signal });
    for (const change of changes) {
      if (change.at <= (this.#lastAt.get(change.series) ?? Number.NEGATIVE_INFINITY)) continue;
      for (const event of this.#folder.add(new Map(Object.entries(change.labels)), change.value, change.at))
        if (event.dated || isFirst(change)) this.#due.push(rowOf(event, now));
      this.#lastAt.set(change.series, change.at);
    }
    const last = changes.at(-1);
    // More than one look can take: the next one goes on where this one ended.
    this.#cursorMs = changes.length === maxChanges && last !== undefined ? last.at : now;
    this.#folder.forget(now - 86_400_000);
    for (const [series, at] of this.#lastAt) if (at < now - 86_400_000) this.#lastAt.delete(series);
    signal.throwIfAborted();
    await this.#store.insertRows("events", this.#due);
    this.#due.length = 0;
  }
}

/** A gauge that held a code from its first sample on: nobody saw when it came. */
function isFirst({ at, firstSeen }: XidChangeRow): boolean {
  return at <= firstSeen;
}

function rowOf({ gpu, code, at, times, dated, message }: XidEvent, now: number) {
  const { meaning } = xidOf(code);
  const notes = [
    ...(message === undefined ? [] : [message]),
    ...(times > 1 ? [`${times} times`] : []),
    ...(dated ? [] : ["it was there when the GPU was first seen: it happened before"]),
  ];
  return {
    kind: "xid",
    at,
    node: gpu.node ?? "",
    gpu: gpu.uuid ?? gpuKey({ ...gpu, mig: undefined }),
    code,
    title: `Xid ${code}: ${meaning}`,
    labels: gpu.pci === undefined ? {} : { pci: gpu.pci },
    detail: notes.join("; "),
    source: "dcgm",
    seen: now,
  };
}

export function xidTask(detection: () => Detection): Task {
  return {
    name: "xids",
    intervalMs,
    run: (now, signal) => detection().xids.look(now, signal),
  };
}
