/**
 * The simulation as live readers see it. It always stands one tick ahead; a moment between two ticks lies on a straight
 * line between them. So what is served depends on the clock alone, never on who asked when, and counters only rise.
 */
import { between } from "../serving/chat-replica.ts";
import { type Columns, FIELDS, makeColumns, READINGS } from "./readings.ts";
import type { Simulation, Snapshot } from "./simulation.ts";

export const TICK_MS = 15_000;

export class LiveSimulation {
  readonly #simulation: Simulation;
  readonly #before: Columns;
  readonly #now: Columns;
  readonly #servedBefore: readonly Float64Array[];
  readonly #servedNow: readonly Float64Array[];
  readonly #onTick: (snapshot: Snapshot) => void;
  #beforeMs = 0;

  /** `onTick` gets the state at the newest tick that is not in the future, each time there is a new one. */
  constructor(simulation: Simulation, onTick: (snapshot: Snapshot) => void) {
    this.#simulation = simulation;
    this.#before = makeColumns(simulation.cluster.gpus.length);
    this.#now = makeColumns(simulation.cluster.gpus.length);
    this.#servedBefore = simulation.serving.replicas.map(({ values }) => values.slice());
    this.#servedNow = simulation.serving.replicas.map(({ values }) => values.slice());
    this.#onTick = onTick;
    this.#stepAhead();
  }

  /** Moves on so that `nowMs` lies before the newest tick. */
  advance(nowMs: number): void {
    while (this.#simulation.timeMs <= nowMs) this.#stepAhead();
  }

  /** Values at `nowMs` (not before the last tick); overwritten by the next call. */
  at(nowMs: number): Columns {
    this.advance(nowMs);
    const span = this.#simulation.timeMs - this.#beforeMs;
    const share = Math.max(0, Math.min(1, (nowMs - this.#beforeMs) / span));
    for (const field of FIELDS) {
      const before = this.#before[field];
      const now = this.#now[field];
      if (READINGS[field].between === "held") {
        now.set(before);
        continue;
      }
      const after = this.#simulation.columns[field];
      for (let gpu = 0; gpu < now.length; gpu++) now[gpu] = before[gpu]! + (after[gpu]! - before[gpu]!) * share;
    }
    return this.#now;
  }

  /** The values of all replicas of served models at `nowMs`, in the fleet's order; overwritten by the next call. */
  servedAt(nowMs: number): readonly Float64Array[] {
    this.advance(nowMs);
    const span = this.#simulation.timeMs - this.#beforeMs;
    const share = Math.max(0, Math.min(1, (nowMs - this.#beforeMs) / span));
    for (const [replica, { values }] of this.#simulation.serving.replicas.entries()) {
      between(this.#servedBefore[replica]!, values, share, this.#servedNow[replica]!);
    }
    return this.#servedNow;
  }

  #stepAhead(): void {
    for (const [replica, { values }] of this.#simulation.serving.replicas.entries()) {
      this.#servedBefore[replica]!.set(values);
    }
    for (const field of FIELDS) this.#before[field].set(this.#simulation.columns[field]);
    this.#beforeMs = this.#simulation.timeMs;
    this.#onTick(this.#simulation.snapshot());
    this.#simulation.step(Math.floor(this.#beforeMs / TICK_MS) * TICK_MS + TICK_MS);
  }
}
