/** How the simulation comes to the present moment: from nothing, or from where the last run stood. */
import { COARSE_STEP_MS, HISTORY_MS, planBackfill, ticks } from "./backfill/plan.ts";
import type { Cluster } from "./model/cluster.ts";
import type { PlantedFault } from "./model/faults.ts";
import { TICK_MS } from "./model/live.ts";
import { Simulation } from "./model/simulation.ts";
import type { DemoState } from "./state.ts";

/**
 * A shorter gap is left as it is: most likely only the demo was restarted, and the collector has written that its targets
 * were down.
 */
export const SMALLEST_GAP_MS = 60_000;

/** Ended faults are forgotten when no back-fill can reach them any more. */
const KEEP_FAULTS_MS = HISTORY_MS + 24 * 3_600_000;

export type Present = { readonly simulation: Simulation; readonly state: DemoState };

/** Eight days of history with `faults` in it, all of it still to be written. */
export function beginHistory(cluster: Cluster, seed: number, faults: PlantedFault[], nowMs: number): Present {
  const startMs = Math.floor((nowMs - HISTORY_MS) / COARSE_STEP_MS) * COARSE_STEP_MS;
  const simulation = new Simulation(cluster, seed, faults, startMs);
  const segments = planBackfill(simulation, nowMs, startMs, true);
  const state: DemoState = {
    version: 1,
    seed,
    producer: `demo-${nowMs}`,
    nextSequence: 0,
    faults,
    pending: [segments],
    snapshot: simulation.snapshot(),
  };
  return { simulation, state };
}

/** Goes on from `state`; a gap since then is to be written, unless it is short. */
export function resumeHistory(cluster: Cluster, state: DemoState, nowMs: number): Present {
  const simulation = new Simulation(cluster, state.seed, state.faults, state.snapshot);
  const pending = [...state.pending];
  const stoodMs = state.snapshot.timeMs;
  if (nowMs - stoodMs >= SMALLEST_GAP_MS) {
    // Pages were served for up to a tick after the state was written; what they showed is in the log already.
    pending.push(planBackfill(simulation, nowMs, stoodMs + 2 * TICK_MS, false));
  } else {
    for (const tickMs of ticks(stoodMs, TICK_MS, nowMs)) simulation.step(tickMs);
  }
  const reachable = pending.length > 0 ? Number.NEGATIVE_INFINITY : nowMs - KEEP_FAULTS_MS;
  const faults = state.faults.filter((fault) => fault.endMs > reachable);
  return { simulation, state: { ...state, pending, faults, snapshot: simulation.snapshot() } };
}
