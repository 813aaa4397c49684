/** How long raw samples are kept, as the configuration says; the table is made with the default of 15 days. */
import { z } from "zod";
import { createStore, type StoreOptions } from "./client.ts";

/** Whole seconds count. Changes the table only where it says otherwise. Rejects with StoreError. */
export async function applyRetention(options: StoreOptions, retention: { readonly rawMs: number }): Promise<void> {
  const seconds = Math.ceil(retention.rawMs / 1000);
  const store = createStore(options);
  try {
    const [table] = await store.read({
      name: "retention",
      sql: "SELECT create_table_query AS ddl FROM system.tables WHERE database = currentDatabase() AND name = 'samples'",
      params: {},
      row: z.object({ ddl: z.string() }),
    });
    if (table?.ddl.includes(`toIntervalSecond(${seconds})`)) return;
    await store.command(`ALTER TABLE samples MODIFY TTL toDateTime(ts) + toIntervalSecond(${seconds}) DELETE`);
  } finally {
    await store.close();
  }
}
