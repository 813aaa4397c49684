/** Every fifteen seconds: windows of scraped histograms that are over are made rows of `histograms`. */
import type { ModelSource } from "@lockstep/config/config";
import { observedNewest } from "@lockstep/schemas/queries/observed-newest";
import type { Task } from "../../../schedule/schedule.ts";
import type { Detection } from "../../detection.ts";

const intervalMs = 15_000;
/** Scrapes of a window are stored so long after it. */
const graceMs = 30_000;
/** Late scrapes: each window is looked at again after these. */
const againMs = [300_000, 3_600_000];
/** After a longer pause, what was before is left out. */
const catchUpMs = 6 * 3_600_000;
/** Of a source before the others have their turn. */
const maxWindows = 40;
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
  const { files, sources, store } = detection;
  const all = (await files.models()).filter(({ histograms }) => histograms.length > 0);
  sources.keep(all);
  const unknown = all.filter((source) => sources.next(source) === undefined);
  if (unknown.length > 0) {
    const rows = await store.read(observedNewest({ fromMs: now - catchUpMs }), { signal });
    for (const source of unknown) sources.begin(source, firstEnd(source, rows, now));
  }
  const failures: unknown[] = [];
  const began = performance.now();
  let behind: readonly ModelSource[] = all;
  while (behind.length > 0 && (behind === all || performance.now() - began < roundMs)) {
    const still: ModelSource[] = [];
    for (const source of behind) {
      try {
        if (await observeSource(detection, source, now, signal)) still.push(source);
      } catch (error) {
        signal.throwIfAborted();
        failures.push(error);
      }
    }
    behind = still;
  }
  if (failures.length > 0) throw failures[0];
}

/** End of the window to begin with: the last that is stored once more, for it may have been written by half. */
function firstEnd({ model, windowMs }: ModelSource, rows: readonly Newest[], now: number): number {
  const own = rows.filter((row) => row.windowMs === windowMs && (model === undefined || row.model === model));
  const newest = Math.max(now - catchUpMs, ...own.map(({ untilAt }) => untilAt));
  return Math.ceil(newest / windowMs) * windowMs;
}

type Newest = { readonly model: string; readonly windowMs: number; readonly untilAt: number };

/** Says whether windows are left that are over. */
async function observeSource(
  { drift, sources, models }: Detection,
  source: ModelSource,
  now: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { windowMs } = source;
  const observe = async (untilMs: number) => {
    const answer = await drift.observe({ source, sinceMs: untilMs - windowMs, untilMs, nowMs: now }, signal);
    sources.add(source, answer.models);
    models.dropped += answer.dropped.length;
    return answer;
  };
  const closed = Math.floor((now - graceMs) / windowMs) * windowMs;
  const first = Math.max(sources.next(source)!, Math.ceil((now - catchUpMs) / windowMs) * windowMs);
  let untilMs = first;
  for (let window = 0; window < maxWindows && untilMs <= closed; window++) {
    const { nextMs } = await observe(untilMs);
    // Not while it catches up: those have been there for long.
    if (untilMs === closed)
      for (const laterMs of againMs) await observe(untilMs - Math.ceil(laterMs / windowMs) * windowMs);
    // On to the window of what was scraped next.
    untilMs = Math.max(untilMs + windowMs, Math.min(closed + windowMs, Math.ceil(nextMs / windowMs) * windowMs));
    sources.begin(source, untilMs);
  }
  return untilMs <= closed;
}
