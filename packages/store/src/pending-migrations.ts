/** What a database lacks of this version's schema, without changing it. */
import { createStore, StoreError, type StoreOptions } from "./client.ts";
import { appliedTo, SCHEMA_FOLDER } from "./migrate.ts";
import { pendingMigrations, readMigrations } from "./migration-files.ts";

const UNKNOWN_TABLE = 60;
const UNKNOWN_DATABASE = 81;

/** Names of the migrations. Rejects with StoreError, or MigrationError where the database is of a newer version. */
export async function pendingOf(options: StoreOptions): Promise<string[]> {
  const files = readMigrations(SCHEMA_FOLDER);
  const store = createStore(options);
  try {
    return pendingMigrations(files, await appliedTo(store), options.database).map(({ name }) => name);
  } catch (error) {
    const code = error instanceof StoreError ? error.clickhouseCode : undefined;
    if (code !== UNKNOWN_TABLE && code !== UNKNOWN_DATABASE) throw error;
    return files.map(({ name }) => name);
  } finally {
    await store.close();
  }
}
