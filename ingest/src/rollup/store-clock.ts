/** What ClickHouse's clock shows, as far as it can be told without asking each time. */
import { storeClock } from "@lockstep/schemas/queries/rollup-marks";
import type { Store } from "@lockstep/store/client";

const ASK_EVERY_MS = 60_000;
const STEP_MS = 5_000;

export type StoreClock = {
  /** Asks ClickHouse where the last answer is a minute old. True where its clock was set forward meanwhile. Rejects with StoreError. */
  refresh(): Promise<boolean>;
  /** Ms since 1970; not before what ClickHouse's clock shows, unless that was set forward since the last refresh. */
  latest(): number;
};

export type LocalClocks = {
  /** Ms since 1970. */
  readonly now: () => number;
  /** Ms that only rise, from any beginning. */
  readonly monotonic: () => number;
};

export function createStoreClock(store: Pick<Store, "read">, { now, monotonic }: LocalClocks): StoreClock {
  let asked: { wall: number; monotonic: number; shown: number } | undefined;
  // The one clock stands still while the machine sleeps, the other may be set back.
  const elapsed = () => (asked === undefined ? 0 : Math.max(now() - asked.wall, monotonic() - asked.monotonic));
  const latest = () => (asked?.shown ?? 0) + elapsed();
  return {
    latest,
    async refresh() {
      if (asked !== undefined && elapsed() < ASK_EVERY_MS) return false;
      // Read before the question: what was shown after it cannot be late.
      const before = { wall: now(), monotonic: monotonic() };
      const shown = (await store.read(storeClock()))[0]!.nowMs;
      const stepped = asked !== undefined && shown > latest() + STEP_MS;
      asked = { ...before, shown };
      return stepped;
    },
  };
}
