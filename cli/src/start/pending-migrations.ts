/** What a database lacks of this version's schema, without changing it. */
import { createStore, StoreError, type StoreOptions } from "@lockstep/store/client";
import { pendingMigrations, readMigrations } from "@lockstep/store/migration-files";
import { z } from "zod";

const FILES = new URL("../../../schemas/clickhouse/", import.meta.url);
const UNKNOWN_TABLE = 60;
const UNKNOWN_DATABASE = 81;

/** Names of the migrations. Rejects with StoreError, or MigrationError where the database is of a newer version. */
export async function pendingOf(options: StoreOptions): Promise<string[]> {
  const store = createStore(options);
  try {
    const applied = await store.read({
      name: "migrations_applied",
      sql: "SELECT name, any(checksum) AS checksum FROM migrations GROUP BY name ORDER BY name",
      params: {},
      row: z.object({ name: z.string(), checksum: z.string() }),
    });
    return pendingMigrations(readMigrations(FILES), applied, options.database).map(({ name }) => name);
  } catch (error) {
    const code = error instanceof StoreError ? error.clickhouseCode : undefined;
    if (code !== UNKNOWN_TABLE && code !== UNKNOWN_DATABASE) throw error;
    return readMigrations(FILES).map(({ name }) => name);
  } finally {
    await store.close();
  }
}
