/** Xid events out of metrics: a gauge that holds the last code, and counters of a sliding window. */
import { type Labels, METRIC_NAME } from "@lockstep/schemas/domain/labels";
import { type GpuIdentity, gpuKey, gpuOf } from "./identity.ts";

export type XidEvent = {
  readonly gpu: GpuIdentity;
  readonly code: number;
  /** Of the sample that showed it, milliseconds since 1970: the error was between it and the one before. */
  readonly at: number;
  /** How many at once, as far as the metric tells. */
  readonly times: number;
  /** False for one that was there when the GPU was first seen: it happened at some time before. */
  readonly dated: boolean;
  /** The exporter's own words. */
  readonly message: string | undefined;
};

/** The largest code is three digits today; sentinels ("blank", "not supported") are far above. */
const maxCode = 65_535;

type Seen = {
  /** Code the gauge held last. */
  gauge: number | undefined;
  /** By code: count in the window, and when it was read. */
  readonly counts: Map<number, { value: number; at: number; window: number }>;
  /** By code: told from the gauge, and when; the counter shows the same one once more. */
  readonly fromGauge: Map<number, number>;
  at: number;
};

/**
 * `DCGM_FI_DEV_XID_ERRORS` is a gauge: a change to another code is an event, the same code again is invisible.
 * `DCGM_EXP_XID_ERRORS_COUNT` (label `xid`) counts in a window: each rise is that many events.
 */
export class XidFolder {
  readonly #gpus = new Map<string, Seen>();

  /** Of any sample; those of other metrics give nothing. `at` in milliseconds since 1970. */
  add(labels: Labels, value: number, at: number): XidEvent[] {
    const metric = labels.get(METRIC_NAME) ?? "";
    if (!/^DCGM_(?:FI_DEV|EXP)_XID_ERRORS/.test(metric)) return [];
    const gpu = gpuOf(labels);
    if (gpu === undefined) return [];
    const key = gpuKey(gpu);
    const seen = this.#gpus.get(key) ?? newlySeen(at);
    this.#gpus.set(key, seen);
    seen.at = Math.max(seen.at, at);
    const xid = labels.get("xid");
    if (xid !== undefined) return countRose(seen, gpu, codeOf(Number(xid)), value, at, windowMs(labels));
    return gaugeChanged(seen, gpu, codeOf(value), at, messageOf(labels));
  }

  /** Forgets GPUs not seen since. */
  forget(before: number): void {
    for (const [key, { at }] of this.#gpus) if (at < before) this.#gpus.delete(key);
  }
}

function newlySeen(at: number): Seen {
  return { gauge: undefined, counts: new Map(), fromGauge: new Map(), at };
}

/** Undefined for what is no code: sentinels, stale markers. */
function codeOf(value: number): number | undefined {
  return Number.isInteger(value) && value >= 0 && value <= maxCode ? value : undefined;
}

function windowMs(labels: Labels): number {
  const told = Number(labels.get("window_size_in_ms"));
  return told > 0 ? told : 300_000;
}

function messageOf(labels: Labels): string | undefined {
  const message = labels.get("err_msg");
  return message === undefined || message === "" ? undefined : message.slice(0, 1000);
}

function gaugeChanged(
  seen: Seen,
  gpu: GpuIdentity,
  code: number | undefined,
  at: number,
  message: string | undefined,
): XidEvent[] {
  if (code === undefined) return [];
  const before = seen.gauge;
  seen.gauge = code;
  const counted = seen.counts.get(code);
  // A counter that is still there tells this one, and its repeats.
  if (code === 0 || code === before || (counted && at - counted.at <= counted.window)) return [];
  seen.fromGauge.set(code, at);
  return [{ gpu, code, at, times: 1, dated: before !== undefined, message }];
}

function countRose(
  seen: Seen,
  gpu: GpuIdentity,
  code: number | undefined,
  value: number,
  at: number,
  window: number,
): XidEvent[] {
  if (code === undefined || code === 0 || !Number.isInteger(value) || value < 0) return [];
  // The series of a code comes with its first error in the window and goes with the last: absent is none.
  const before = seen.counts.get(code);
  let times = value - (before && at - before.at <= window ? before.value : 0);
  seen.counts.set(code, { value, at, window });
  const told = seen.fromGauge.get(code);
  if (told !== undefined && times > 0) {
    if (Math.abs(at - told) <= window) times--;
    seen.fromGauge.delete(code);
  }
  return times > 0 ? [{ gpu, code, at, times, dated: true, message: undefined }] : [];
}
