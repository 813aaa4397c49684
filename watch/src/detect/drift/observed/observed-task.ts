/** Every fifteen seconds: windows of scraped histograms that are over are made rows of `histograms`, the newest first. */
import type { ModelSource } from "@lockstep/config/config";
import { type ObservedWindowsRow, observedWindows } from "@lockstep/schemas/queries/observed-windows";
import type { Task } from "../../../schedule/schedule.ts";
import type { Detection } from "../../detection.ts";
import type { WindowStretch } from "../model-sources.ts";

const intervalMs = 15_000;
/** Scrapes of a window are stored so long after it. */
const graceMs = 30_000;
/** Late scrapes: each window is looked at again after these. */
const againMs = [300_000, 3_600_000];
/** After a longer pause, what was before is left out. */
const catchUpMs = 6 * 3_600_000;
/** What is older than this, and than so many windows, waits until what is newer is made. */
const liveMs = 600_000;
const liveWindows = 3;
/** Of older ones, before other sources have their turn. */
const owedWindows = 10;
/** Where there was nothing, it is looked again: a collector may have it in its spool. */
const emptyAgainMs = 60_000;
/** While there is more to catch up with, sources take turns for so long. */
const roundMs = 10_000;

export function observedTask(detection: () => Detection): Task {
  return {
    name: "observed",
    intervalMs,
    run: (now, signal) => observeAll(detection(), now, signal),
  };
}

async function observeAll(detection: Detection, now: number, signal: AbortSignal): Promise<void> {
  const { files, sources } = detection;
  const all = (await files.models()).filter(({ histograms }) => histograms.length > 0);
  sources.keep(all);
  const unknown = all.filter((source) => sources.next(source) === undefined);
  if (unknown.length > 0) await takeUp(detection, unknown, now, signal);
  const failures: unknown[] = [];
  const attempt = async (observe: () => Promise<boolean>) => {
    try {
      return await observe();
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error);
      return false;
    }
  };
  const began = performance.now();
  for (const source of all) await attempt(() => observeLive(detection, source, now, signal));
  let behind: readonly ModelSource[] = all;
  while (behind.length > 0 && performance.now() - began < roundMs) {
    const still: ModelSource[] = [];
    for (const source of behind) {
      if (await attempt(() => observeOwed(detection, source, now, signal))) still.push(source);
    }
    behind = still;
  }
  if (failures.length > 0) throw failures[0];
}

/** Where to go on, by what is stored: after the newest window, and in whatever an end in the middle of catching up left out. */
async function takeUp(
  { store, sources }: Detection,
  unknown: readonly ModelSource[],
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const models = unknown.flatMap(({ model }) => (model === undefined ? [] : [model]));
  const rows = await store.read(observedWindows({ models, fromMs: now - catchUpMs }), { signal });
  for (const source of unknown) {
    const ends = endsOf(source, rows);
    const first = firstEnd(source, now);
    // The newest is stored once more, for it may have been written by half.
    sources.begin(source, Math.max(first, ends.at(-1) ?? first));
    sources.owe(source, gapsOf(ends, source.windowMs, first));
  }
}

function endsOf({ model, windowMs }: ModelSource, rows: readonly ObservedWindowsRow[]): readonly number[] {
  return rows.find((row) => row.windowMs === windowMs && row.model === (model ?? ""))?.ends ?? [];
}

function firstEnd({ windowMs }: ModelSource, now: number): number {
  return Math.ceil((now - catchUpMs) / windowMs) * windowMs;
}

/** From the window that ends at `first` on, up to the newest of `ends`. */
function gapsOf(ends: readonly number[], windowMs: number, first: number): WindowStretch[] {
  const gaps: WindowStretch[] = [];
  let last = first - windowMs;
  for (const end of ends) {
    if (end > last + windowMs) gaps.push({ afterMs: last, toMs: end - windowMs });
    last = Math.max(last, end);
  }
  return gaps;
}

/** All windows that are over since the last time, unless that is long ago. */
async function observeLive(
  detection: Detection,
  source: ModelSource,
  now: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { sources } = detection;
  const { windowMs } = source;
  const closed = Math.floor((now - graceMs) / windowMs) * windowMs;
  const next = sources.next(source)!;
  const live = closed - Math.max(liveWindows, Math.floor(liveMs / windowMs)) * windowMs;
  if (next <= live) {
    sources.owe(source, [{ afterMs: next - windowMs, toMs: live }]);
    sources.begin(source, live + windowMs);
  }
  let untilMs = sources.next(source)!;
  while (untilMs <= closed) {
    const { nextMs } = await observe(detection, source, untilMs, now, signal);
    // Not while it catches up: those have been there for long.
    if (untilMs === closed) {
      for (const laterMs of againMs) {
        await observe(detection, source, untilMs - Math.ceil(laterMs / windowMs) * windowMs, now, signal);
      }
    }
    untilMs = following(untilMs, nextMs, windowMs, closed);
    sources.begin(source, untilMs);
  }
  return true;
}

/** Some of the older ones. Says whether there were any to look at. */
async function observeOwed(
  detection: Detection,
  source: ModelSource,
  now: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { sources } = detection;
  const { windowMs } = source;
  const afterMs = firstEnd(source, now) - windowMs;
  const stretch = sources.pay(source, { afterMs, emptyMs: now - emptyAgainMs });
  if (stretch === undefined) return false;
  const { toMs } = stretch;
  let left: WindowStretch = stretch;
  const step = async (untilMs: number) => {
    const { nextMs } = await observe(detection, source, untilMs, now, signal);
    const next = following(untilMs, nextMs, windowMs, toMs);
    if (nextMs > untilMs) sources.owe(source, [{ afterMs: untilMs - windowMs, toMs: next - windowMs, emptyMs: now }]);
    return next;
  };
  try {
    // The oldest tells where there is anything at all.
    const next = await step(stretch.afterMs + windowMs);
    left = { afterMs: next - windowMs, toMs };
    const fromMs = Math.max(next, toMs - (owedWindows - 1) * windowMs);
    for (let untilMs = fromMs; untilMs <= toMs; ) untilMs = await step(untilMs);
    left = { afterMs: next - windowMs, toMs: fromMs - windowMs };
  } finally {
    sources.owe(source, [left]);
  }
  return true;
}

/** On to the window of what was scraped next. */
function following(untilMs: number, nextMs: number, windowMs: number, lastMs: number): number {
  return Math.max(untilMs + windowMs, Math.min(lastMs + windowMs, Math.ceil(nextMs / windowMs) * windowMs));
}

async function observe(
  { drift, sources, models }: Detection,
  source: ModelSource,
  untilMs: number,
  nowMs: number,
  signal: AbortSignal,
) {
  const answer = await drift.observe({ source, sinceMs: untilMs - source.windowMs, untilMs, nowMs }, signal);
  sources.add(source, answer.models);
  models.dropped += answer.dropped.length;
  return answer;
}
