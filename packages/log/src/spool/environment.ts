/**
 * The spool: one LMDB environment that the collector writes and ingest reads along, in other processes.
 *
 *     topic/<table>   offset -> message (envelope.ts)
 *     state           "next/<table>" -> next offset            "bytes" -> bytes of all messages held
 *                     "producer/<id>" -> highest sequence      "offset/<table>" -> [next to read, metadata]
 *                     "id" -> random, of this very spool       "deadBytes" -> bytes of all dead letters
 *     dead            [table, offset] -> message and reason
 *
 * LMDB's single writer lock makes each transaction atomic across the processes, and kill -9 leaves the last whole one.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { TABLE_NAMES, type TableName } from "@lockstep/schemas/blocks/tables";
import { type Database, open, type RootDatabase } from "lmdb";
import { LogError } from "../log.ts";

export const DEFAULT_MAX_BYTES = 10e9;

export type SpoolEnvironment = {
  readonly root: RootDatabase;
  readonly id: string;
  readonly topics: Readonly<Record<TableName, Database<Buffer, number>>>;
  readonly state: Database<unknown, string>;
  readonly dead: Database<Buffer, [string, number]>;
};

export function openEnvironment(path: string, maxBytes = DEFAULT_MAX_BYTES): SpoolEnvironment {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    // The map is address space, not memory or disk; large from the start, so that no process ever has to remap.
    const root = open({ path: join(path, "log.mdb"), mapSize: 2 * maxBytes + 2 ** 30, maxDbs: 32 });
    const topic = (name: TableName) => root.openDB<Buffer, number>({ name: `topic/${name}`, encoding: "binary" });
    const topics = Object.fromEntries(TABLE_NAMES.map((name) => [name, topic(name)]));
    const state = root.openDB<unknown, string>({ name: "state" });
    return {
      root,
      id: root.transactionSync(() => idOf(state)),
      topics: topics as SpoolEnvironment["topics"],
      state,
      dead: root.openDB<Buffer, [string, number]>({ name: "dead", encoding: "binary" }),
    };
  } catch (error) {
    throw asLogError(error, `the spool in ${path} cannot be opened`);
  }
}

function idOf(state: Database<unknown, string>): string {
  const id = state.get("id") as string | undefined;
  if (id !== undefined) return id;
  const made = randomUUID();
  state.put("id", made);
  return made;
}

/** LMDB tells a full disk or map only in its message. */
export function asLogError(error: unknown, what: string): LogError {
  if (error instanceof LogError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const full = /no space|ENOSPC|MDB_MAP_FULL|disk full|quota/i.test(message);
  return new LogError(full ? "full" : "io", `${what}: ${message}`, { cause: error });
}
