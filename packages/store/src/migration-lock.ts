/**
 * One migrator at a time, across processes and machines. The lock is a table: CREATE TABLE succeeds for one only. Its
 * comment names the holder and counts up while the holder lives; one that stands still belongs to a dead process.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Store } from "./client.ts";
import { MigrationError } from "./migration-files.ts";
import { StoreError } from "./store-error.ts";

export type LockTimes = { readonly renewMs: number; readonly expireMs: number; readonly pollMs: number };

const TIMES: LockTimes = { renewMs: 2_000, expireMs: 15_000, pollMs: 150 };
const TABLE = "migrations_lock";
const TABLE_ALREADY_EXISTS = 57;
const UNKNOWN_TABLE = 60;

/** Runs `work` under the lock; `checkHeld` throws when it was lost, and is to be called before each step. */
export async function withMigrationLock<T>(
  store: Store,
  work: (checkHeld: () => void) => Promise<T>,
  times: LockTimes = TIMES,
): Promise<T> {
  const holder = randomUUID();
  await acquire(store, holder, times);
  let lost: unknown;
  let beat = 0;
  let renewing = Promise.resolve();
  const timer = setInterval(() => {
    renewing = renewing
      .then(() => store.command(`ALTER TABLE ${TABLE} MODIFY COMMENT '${holder} ${++beat}'`))
      .catch((error: unknown) => {
        lost ??= error;
      });
  }, times.renewMs);
  try {
    return await work(() => {
      if (lost === undefined) return;
      const why = lost instanceof Error ? lost.message : String(lost);
      throw new MigrationError(`the lock of the migrations was lost (${why}); start again`);
    });
  } finally {
    clearInterval(timer);
    await renewing;
    if (lost === undefined) await store.command(`DROP TABLE ${TABLE}`);
  }
}

async function acquire(store: Store, holder: string, times: LockTimes): Promise<void> {
  let seen: string | undefined;
  let since = 0;
  for (;;) {
    try {
      return await store.command(`CREATE TABLE ${TABLE} (held UInt8) ENGINE = Memory COMMENT '${holder} 0'`);
    } catch (error) {
      if (!isCode(error, TABLE_ALREADY_EXISTS)) throw error;
    }
    const comment = await currentComment(store);
    if (comment !== seen) {
      seen = comment;
      since = performance.now();
    }
    if (comment !== undefined && performance.now() - since > times.expireMs) await layAside(store, comment);
    await sleep(times.pollMs);
  }
}

/**
 * By a name that only this dead holder's lock can take: of two that find it dead the second fails, instead of taking
 * away the lock that the first has made since.
 */
async function layAside(store: Store, comment: string): Promise<void> {
  const aside = `${TABLE}_of_${comment.replaceAll(/\W/g, "_")}`;
  try {
    await store.command(`RENAME TABLE ${TABLE} TO ${aside}`);
  } catch (error) {
    if (!isCode(error, TABLE_ALREADY_EXISTS) && !isCode(error, UNKNOWN_TABLE)) throw error;
  }
}

async function currentComment(store: Store): Promise<string | undefined> {
  const rows = await store.read({
    name: "migration_lock",
    sql: "SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = {name:String}",
    params: { name: TABLE },
    row: z.object({ comment: z.string() }),
  });
  return rows[0]?.comment;
}

function isCode(error: unknown, code: number): boolean {
  return error instanceof StoreError && error.clickhouseCode === code;
}
