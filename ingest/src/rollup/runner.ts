/**
 * Computes the windows that are marked and closed.
 *
 * The order makes it safe to die anywhere, and to run twice at once: marks are read, then the windows are computed (so
 * all that was in before the marks is seen), then an hour's mark is written for what changed below it, and only then
 * are these very marks, by their ids, written down as done. Until then they are found again. Rows that come twice
 * collapse; of two that differ the one that counts more readings stays (schemas/clickhouse/0003).
 */
import { randomUUID } from "node:crypto";
import { type KeyRange, rollupBuild, rollupLoad } from "@lockstep/schemas/queries/rollup-build";
import {
  FIVE_MINUTES,
  ONE_HOUR,
  type RollupLevel,
  type RollupTable,
  type WindowRange,
} from "@lockstep/schemas/queries/rollup-levels";
import { type PendingRow, rollupPending } from "@lockstep/schemas/queries/rollup-marks";
import { type Store, StoreError } from "@lockstep/store/client";
import { halves, keyRanges, type Stretch, stretches } from "./stretches.ts";

/** Of one statement: 20 MB of memory at 20 samples a window, 90 where every sample is a window of its own. */
const MAX_ROWS = 300_000;
/** A statement that wants more memory than it may have is cut in two, so many times. */
const MAX_CUTS = 6;
const LOAD_SECONDS = 120;

export type RunnerOptions = {
  readonly store: Pick<Store, "read" | "command" | "insertRows">;
  /** Windows of a table that are closed and wait. */
  readonly onPending: (table: RollupTable, windows: number) => void;
  readonly onDone: (table: RollupTable, windows: number, seconds: number) => void;
  /** Told of what failed and will be tried again. */
  readonly onFailure: (table: RollupTable, range: WindowRange, error: StoreError) => void;
  /** Ms that only rise. */
  readonly monotonic: () => number;
  readonly signal: AbortSignal;
  /** A turn begins no further piece of work after this; what is newer comes first in the next. */
  readonly turnMs: number;
};

export class RollupRunner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /**
   * Works off what is pending, 5-minute windows before hours. True where something was left for want of time. Rejects
   * with StoreError where ClickHouse is away.
   */
  async turn(): Promise<boolean> {
    const { store } = this.#options;
    const found = await store.read(rollupPending());
    const below = await this.#level(FIVE_MINUTES, found);
    const hours = await this.#level(ONE_HOUR, below.done > 0 ? await store.read(rollupPending()) : found);
    return below.left || hours.left;
  }

  async #level(level: RollupLevel, rows: readonly PendingRow[]): Promise<{ done: number; left: boolean }> {
    const { onPending, onFailure, monotonic, signal, turnMs } = this.#options;
    const end = monotonic() + turnMs;
    const pending = stretches(rows.filter((row) => row.level === level.seconds));
    let waiting = pending.reduce((sum, stretch) => sum + windowsIn(level, stretch), 0);
    let done = 0;
    onPending(level.table, waiting);
    for (const stretch of pending) {
      if (signal.aborted || monotonic() > end) return { done, left: true };
      try {
        await this.#workOff(level, stretch);
        done++;
        waiting -= windowsIn(level, stretch);
        onPending(level.table, waiting);
      } catch (error) {
        if (!(error instanceof StoreError) || error.code === "unreachable" || error.code === "auth") throw error;
        // The others need not wait for one that fails.
        onFailure(level.table, stretch, error);
      }
    }
    return { done, left: false };
  }

  async #workOff(level: RollupLevel, stretch: Stretch): Promise<void> {
    const { store, onDone, monotonic, signal } = this.#options;
    const began = monotonic();
    const load = await store.read(rollupLoad(level, stretch), { timeoutSeconds: LOAD_SECONDS });
    for (const keys of keyRanges(load, MAX_ROWS)) {
      signal.throwIfAborted();
      await this.#compute(level, stretch, keys, MAX_CUTS);
    }
    const hours = level === FIVE_MINUTES ? [hourMark(stretch)] : [];
    if (hours.length > 0) await store.insertRows("rollup_marks", hours);
    await store.insertRows("rollup_marks", doneMarks(level, stretch));
    onDone(level.table, windowsIn(level, stretch), (monotonic() - began) / 1000);
  }

  async #compute(level: RollupLevel, stretch: Stretch, keys: KeyRange, cuts: number): Promise<void> {
    const { store, signal } = this.#options;
    signal.throwIfAborted();
    const { sql, params } = rollupBuild(level, stretch, keys);
    try {
      await store.command(sql, params);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "too_big" || cuts === 0) throw error;
      for (const half of halves(keys)) await this.#compute(level, stretch, half, cuts - 1);
    }
  }
}

function windowsIn({ seconds }: RollupLevel, { since, until }: WindowRange): number {
  return (until - since) / seconds;
}

function hourMark({ since, until }: WindowRange) {
  const { seconds } = ONE_HOUR;
  return {
    level: seconds,
    since: Math.floor(since / seconds) * seconds,
    until: Math.ceil(until / seconds) * seconds,
    id: randomUUID(),
    done: 0,
  };
}

function doneMarks({ seconds }: RollupLevel, { marks }: Stretch) {
  return marks.flatMap(({ since, until, ids }) => ids.map((id) => ({ level: seconds, since, until, id, done: 1 })));
}
