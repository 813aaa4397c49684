/** Brings a database to the schema of this version: numbered files, forward only, each recorded when it is through. */
import { z } from "zod";
import { createStore, type Store, type StoreOptions } from "./client.ts";
import { quoteName } from "./embedded/sql/quote.ts";
import { type AppliedMigration, type Migration, pendingMigrations, readMigrations } from "./migration-files.ts";
import { withMigrationLock } from "./migration-lock.ts";

export { MigrationError } from "./migration-files.ts";

export const SCHEMA_FOLDER = new URL("../../../schemas/clickhouse/", import.meta.url);

/**
 * Creates the database and applies what it lacks; resolves with the names applied here. Safe when several processes
 * start together. ClickHouse has no transactions over DDL: a file that a crash cut short runs again from its
 * beginning, so its statements have to bear that (IF NOT EXISTS). Rejects with MigrationError when the files and the
 * database do not belong together, with StoreError when ClickHouse refuses.
 */
export async function migrate(
  options: StoreOptions,
  { folder = SCHEMA_FOLDER }: { folder?: URL } = {},
): Promise<{ applied: string[] }> {
  const files = readMigrations(folder);
  await createDatabase(options);
  const store = createStore(options);
  try {
    await store.command(
      `CREATE TABLE IF NOT EXISTS migrations (name String, checksum String, applied DateTime64(3))
      ENGINE = MergeTree ORDER BY name COMMENT 'Files of schemas/clickhouse that this database has'`,
    );
    const missing = async () => pendingMigrations(files, await appliedTo(store), options.database);
    // Most starts find nothing to do, and need no lock for it.
    if ((await missing()).length === 0) return { applied: [] };
    return await withMigrationLock(store, async (checkHeld) => {
      const applied: string[] = [];
      for (const migration of await missing()) {
        checkHeld();
        await apply(store, migration);
        applied.push(migration.name);
      }
      return { applied };
    });
  } finally {
    await store.close();
  }
}

async function createDatabase(options: StoreOptions): Promise<void> {
  const store = createStore({ ...options, database: "default" });
  try {
    await store.command(`CREATE DATABASE IF NOT EXISTS ${quoteName(options.database)}`);
  } finally {
    await store.close();
  }
}

async function apply(store: Store, { name, checksum, statements }: Migration): Promise<void> {
  for (const statement of statements) await store.command(statement);
  await store.insertRows("migrations", [{ name, checksum, applied: Date.now() }]);
}

export function appliedTo(store: Store): Promise<AppliedMigration[]> {
  return store.read({
    name: "migrations",
    sql: "SELECT name, any(checksum) AS checksum FROM migrations GROUP BY name ORDER BY name",
    params: {},
    row: z.object({ name: z.string(), checksum: z.string() }),
  });
}
