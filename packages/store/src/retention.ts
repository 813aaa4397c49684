/** How long samples and their roll-ups are kept, as the configuration says; the tables are made with the defaults. */
import { z } from "zod";
import { createStore, type StoreOptions } from "./client.ts";

export type Retention = {
  readonly rawMs: number;
  /** Of the roll-ups; absent: as it is. */
  readonly fiveMinutesMs?: number;
  readonly oneHourMs?: number;
};

/** ClickHouse's DateTime ends in 2106: a TTL beyond it would lie in the past, and everything would be gone. */
const MAX_SECONDS = 50 * 365 * 86_400;

type Table = { readonly name: string; readonly time: string; readonly keepMs: number | undefined };

/** Whole seconds count, 50 years at most. Changes a table only where it says otherwise. Rejects with StoreError. */
export async function applyRetention(options: StoreOptions, retention: Retention): Promise<void> {
  const tables: readonly Table[] = [
    { name: "samples", time: "toDateTime(ts)", keepMs: retention.rawMs },
    { name: "samples_5m", time: "window", keepMs: retention.fiveMinutesMs },
    { name: "samples_1h", time: "window", keepMs: retention.oneHourMs },
  ];
  const store = createStore(options);
  try {
    const found = await store.read({
      name: "retention",
      sql: "SELECT name, create_table_query AS ddl FROM system.tables WHERE database = currentDatabase() AND name LIKE 'samples%'",
      params: {},
      row: z.object({ name: z.string(), ddl: z.string() }),
    });
    const ddls = new Map(found.map(({ name, ddl }) => [name, ddl]));
    for (const { name, time, keepMs } of tables) {
      if (keepMs === undefined) continue;
      const seconds = Math.min(Math.ceil(keepMs / 1000), MAX_SECONDS);
      if (ddls.get(name)?.includes(`toIntervalSecond(${seconds})`)) continue;
      await store.command(`ALTER TABLE ${name} MODIFY TTL ${time} + toIntervalSecond(${seconds}) DELETE`);
    }
  } finally {
    await store.close();
  }
}
