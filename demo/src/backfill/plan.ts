/** Which moments a back-fill writes: 5-minute steps until six hours ago, scrape steps since then. */
import { TICK_MS } from "../model/live.ts";
import type { Simulation, Snapshot } from "../model/simulation.ts";

const HOUR_MS = 3_600_000;
export const HISTORY_MS = 8 * 24 * HOUR_MS;
export const FINE_MS = 6 * HOUR_MS;
export const COARSE_STEP_MS = 300_000;

/** A run of the simulation from `origin` over the multiples of `stepMs` up to `untilMs`; those from `emitFromMs` on are written. */
export type Segment = {
  readonly origin: Snapshot;
  readonly untilMs: number;
  readonly stepMs: number;
  readonly emitFromMs: number;
  /** Its first moment is the first scrape of every target. */
  readonly begins: boolean;
};

/**
 * Moves `simulation` to the last tick at or before `nowMs`, and gives the way as segments, the most recent first: that is
 * the order in which they are sent, so that the pages of the last hours fill at once.
 */
export function planBackfill(simulation: Simulation, nowMs: number, emitFromMs: number, begins: boolean): Segment[] {
  const segments: Segment[] = [];
  const add = (stepMs: number, untilMs: number) => {
    const first = segments.length === 0;
    segments.unshift({ origin: simulation.snapshot(), untilMs, stepMs, emitFromMs, begins: begins && first });
    for (const tickMs of ticks(simulation.timeMs, stepMs, untilMs)) simulation.step(tickMs);
  };
  const boundaryMs = Math.floor((nowMs - FINE_MS) / COARSE_STEP_MS) * COARSE_STEP_MS;
  if (boundaryMs - simulation.timeMs >= COARSE_STEP_MS) add(COARSE_STEP_MS, boundaryMs);
  add(TICK_MS, nowMs);
  return segments;
}

/** The multiples of `stepMs` after `fromMs` up to `untilMs`. */
export function* ticks(fromMs: number, stepMs: number, untilMs: number): Generator<number> {
  for (let tick = (Math.floor(fromMs / stepMs) + 1) * stepMs; tick <= untilMs; tick += stepMs) yield tick;
}
