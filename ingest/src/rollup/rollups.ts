/** Roll-ups of samples: marks what ingest posted, and computes it while this process is the one to do so. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LogMessage } from "@lockstep/log/log";
import type { Meter } from "@lockstep/process/metrics";
import type { Logger } from "@lockstep/process/process";
import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import type { RollupTable } from "@lockstep/schemas/queries/rollup-levels";
import { type Store, StoreError } from "@lockstep/store/client";
import { createMarker } from "./marker.ts";
import { RollupRunner } from "./runner.ts";
import { createStoreClock } from "./store-clock.ts";

const POLL_MS = 15_000;
const TURN_MS = 30_000;
/** A statement that runs is left to ClickHouse: what it does will simply be done again. */
const STOP_LIMIT_MS = 2_000;

export type RollupsOptions = {
  readonly store: Pick<Store, "read" | "command" | "insertRows">;
  readonly log: Logger;
  readonly meter: Meter;
  /** Ms since 1970. */
  readonly now: () => number;
  /** Default: 15,000. */
  readonly pollMs?: number;
};

export type Rollups = {
  /**
   * To be called with messages of topic `samples` when they are in ClickHouse, before their position is committed.
   * Rejects with StoreError: call it again until it resolves.
   */
  mark(messages: readonly LogMessage[]): Promise<void>;
  /** Computes closed windows whenever `isRunner()` says yes; several may at once. Resolves after `stop`. */
  run(isRunner: () => boolean): Promise<void>;
  stop(): Promise<void>;
};

export function createRollups({ store, log, meter, now, pollMs = POLL_MS }: RollupsOptions): Rollups {
  const stopped = new AbortController();
  const monotonic = () => performance.now();
  const pending = new Map<RollupTable, number>();
  const failing = new Set<RollupTable>();
  const windows = meter.createCounter(SELF_METRICS.rollupWindows);
  const seconds = meter.createHistogram(SELF_METRICS.rollupSeconds);
  meter.createObservableGauge(SELF_METRICS.rollupPending).addCallback((result) => {
    if (pending.size > 0) result.observe([...pending.values()].reduce((sum, waiting) => sum + waiting, 0));
  });
  const runner = new RollupRunner({
    store,
    monotonic,
    signal: stopped.signal,
    turnMs: TURN_MS,
    onPending: (table, waiting) => pending.set(table, waiting),
    onDone: (table, count, took) => {
      failing.delete(table);
      windows.add(count, { table });
      seconds.record(took, { table });
      log.debug({ table, windows: count, seconds: took }, "rolled up");
    },
    // Said once when it begins: what fails again every few seconds must not fill the log.
    onFailure: (table, { since, until }, err) => {
      const level = failing.has(table) ? "debug" : "warn";
      failing.add(table);
      log[level]({ err, table, since, until }, "not rolled up; trying again");
    },
  });
  let ended: Promise<void> = Promise.resolve();

  async function turn(): Promise<boolean> {
    try {
      return await runner.turn();
    } catch (error) {
      if (stopped.signal.aborted) return false;
      if (!(error instanceof StoreError)) throw error;
      log.warn({ err: error }, "no roll-ups for now; trying again");
      return false;
    }
  }

  async function loop(isRunner: () => boolean): Promise<void> {
    while (!stopped.signal.aborted) {
      const more = isRunner() && (await turn());
      // What another process computes is its number to tell.
      if (!isRunner()) pending.clear();
      if (!more) await pause(pollMs, stopped.signal);
    }
  }

  return {
    mark: createMarker(store, createStoreClock(store, { now, monotonic })),
    run(isRunner) {
      const running = loop(isRunner);
      ended = running;
      return running;
    },
    async stop() {
      stopped.abort();
      await Promise.race([ended, sleep(STOP_LIMIT_MS, undefined, { ref: false })]);
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error; // stopped: the loop's condition says so
  }
}
