/** Compares roll-ups with the samples they are made of, window by window. */
import { setTimeout as sleep } from "node:timers/promises";
import { SAMPLE_VALUE } from "@lockstep/schemas/queries/sample-value";
import type { Store } from "@lockstep/store/client";
import { z } from "zod";

/** A window is rolled up a minute after it has ended, and the runner looks every few seconds. */
const CLOSED_FOR_MS = 90_000;
const PATIENCE_MS = 90_000;

export type RollupComparison = {
  /** Series and window of either side. */
  readonly compared: number;
  /** Of those, how many lack one side, or have another count, sum, minimum or maximum. */
  readonly differing: number;
};

/** Late data makes a window differ until it has been computed again: asked until nothing differs, or patience ends. */
export async function rollupsDiffer(store: Store): Promise<RollupComparison> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await compare(store, "samples_5m", 300, Date.now() - CLOSED_FOR_MS);
    const hours = await compare(store, "samples_1h", 3600, Date.now() - CLOSED_FOR_MS);
    const both = { compared: found.compared + hours.compared, differing: found.differing + hours.differing };
    if (both.differing === 0 || Date.now() > end) return both;
    await sleep(2_000);
  }
}

const row = z.object({ compared: z.coerce.number(), differing: z.coerce.number() });

async function compare(store: Store, table: string, seconds: number, until: number): Promise<RollupComparison> {
  const rows = await store.read({
    name: "chaos_rollups",
    sql: `
      SELECT count() AS compared, countIf(raw != rolled) AS differing
      FROM (
        SELECT anyIf((n, lo, hi, round(total, 6)), side = 0) AS raw, anyIf((n, lo, hi, round(total, 6)), side = 1) AS rolled
        FROM (
          SELECT 0 AS side, series, toDateTime(intDiv(toUnixTimestamp64Milli(ts), {ms:Int64}) * {s:Int64}, 'UTC') AS window,
            count() AS n, min(v) AS lo, max(v) AS hi, sum(v) AS total
          FROM (SELECT series, ts, ${SAMPLE_VALUE} AS v FROM samples WHERE NOT isNaN(v))
          GROUP BY series, window
          UNION ALL
          SELECT 1 AS side, series, window, toUInt64(count) AS n, min AS lo, max AS hi, sum AS total FROM ${table} FINAL)
        WHERE toUnixTimestamp(window) * 1000 + {ms:Int64} < {until:Int64}
        GROUP BY series, window)`,
    params: { ms: seconds * 1000, s: seconds, until },
    row,
  });
  return rows[0] ?? { compared: 0, differing: 0 };
}
