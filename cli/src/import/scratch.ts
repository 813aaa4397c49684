/** The rows of an import on their way: a table in ClickHouse named after what is imported, so that the same command goes on. */
import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { importForget } from "@lockstep/schemas/queries/import-known-cells";
import {
  importLeftovers,
  importScratchCreate,
  importScratchDrop,
  importSent,
  SCRATCH_PREFIX,
  type Statement,
} from "@lockstep/schemas/queries/import-scratch";
import { type Store, StoreError } from "@lockstep/store/client";
import { z } from "zod";
import { StartError } from "../start/start-error.ts";
import { createProgress, type ProgressOutput } from "./progress.ts";
import { RowBlock } from "./rows/row-block.ts";
import type { RowSource } from "./rows/row-source.ts";

const DAY_MS = 86_400_000;
const HASH_LENGTH = 20;
export const MATCHED_SUFFIX = "_matched";

/** What a scratch table says of itself, for whoever finds it left over. */
const note = z.object({
  files: z.string(),
  startedMs: z.number(),
  /** Whose rows of `histograms` are incomplete while the table is there. */
  model: z.string(),
  origin: z.string(),
});
export type Note = z.infer<typeof note>;

export function run(store: Store, { sql, params }: Statement): Promise<void> {
  return store.command(sql, params);
}

/** Hex, the same for the same bytes in the same order of files, as they lie there. */
export async function hashOfFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) {
    const own: Hash = createHash("sha256");
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) own.update(chunk as Buffer);
    hash.update(own.digest());
  }
  return hash.digest("hex");
}

export function shortHash(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, HASH_LENGTH);
}

export function scratchName(identity: string): string {
  return `${SCRATCH_PREFIX}${identity}`;
}

/** Tables that a day has not ended are removed, with what they had counted by then: an import is whole or not there. */
export async function removeLeftovers(
  store: Store,
  own: string,
  now: number,
  print: (line: string) => void,
): Promise<void> {
  for (const { table, note: text } of await store.read(importLeftovers())) {
    const told = noteOf(text);
    if (table.startsWith(own) || told === undefined || now - told.startedMs < DAY_MS) continue;
    if (table.endsWith(MATCHED_SUFFIX)) {
      // These labels may be awaited no more and not yet counted: only the same command can tell.
      print(
        `an import of labels, ${told.files}, was cut short on ${new Date(told.startedMs).toISOString()}: run it again to end it`,
      );
      continue;
    }
    if (told.origin !== "") await run(store, importForget({ model: told.model, origin: told.origin }));
    await run(store, importScratchDrop(table));
    print(
      `removed what was left of an import of ${told.files} that was cut short on ${new Date(told.startedMs).toISOString()}`,
    );
  }
}

export async function isLeftOver(store: Store, table: string): Promise<boolean> {
  return (await store.read(importLeftovers())).some((each) => each.table === table);
}

function noteOf(text: string): Note | undefined {
  try {
    return note.parse(JSON.parse(text));
  } catch {
    // A table of somebody else's that begins like ours.
    return undefined;
  }
}

export type Upload = {
  readonly store: Store;
  readonly table: string;
  readonly sources: readonly RowSource[];
  readonly wanted: readonly string[];
  readonly timed: boolean;
  readonly note: Note;
  readonly output: ProgressOutput;
};

/** Resolves with the number of rows, all of which are in the table then. Rejects with StartError. */
export async function upload(options: Upload): Promise<number> {
  const { store, table, wanted, timed, note, output } = options;
  const create = () =>
    run(store, importScratchCreate({ table, columns: wanted.length, timed, note: JSON.stringify(note) }));
  await create();
  const there = (await store.read(importSent(table)))[0]?.rows ?? 0;
  const rows = await send(options, there);
  if (rows !== undefined) return rows;
  // Something else than whole posts of this file: it begins anew.
  output.print("  what had been sent before does not fit the file's rows; sending all of them again");
  await run(store, importScratchDrop(table));
  await create();
  return (await send(options, 0)) ?? 0;
}

/** Undefined where `there` is no number of rows after which a post ends. */
async function send({ store, table, sources, wanted, output }: Upload, there: number): Promise<number | undefined> {
  const names = wanted.map((_, i) => `c${i}`);
  const total = sources.reduce((sum, { size }) => sum + size, 0);
  const progress = createProgress(there > 0 ? "going on" : "reading", output);
  let rows = 0;
  let before = 0;
  let posting: Promise<void> = Promise.resolve();
  try {
    for (const [file, source] of sources.entries()) {
      let bytes = 0;
      const blocks = source.read({ wanted, block: () => new RowBlock(names, file), onBytes: (read) => (bytes = read) });
      for await (const block of blocks) {
        const first = rows;
        rows += block.rows;
        progress.update(before + bytes, total, rows);
        if (rows <= there) continue;
        if (first < there) return undefined;
        // One post is on its way while the next block is read.
        await posting;
        posting = post(store, table, block, first);
        posting.catch(() => undefined);
      }
      before += source.size;
    }
    await posting;
    return rows < there ? undefined : rows;
  } finally {
    // The table must not be touched behind the back of whoever cleans up.
    await posting.catch(() => undefined);
    progress.end();
  }
}

async function post(store: Store, table: string, block: RowBlock, first: number): Promise<void> {
  try {
    await store.insertNative(table, block.native(), { token: `${table}/${first}` });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new StartError(
      `after ${first} rows: ${error.message}; nothing has been counted yet, and the same command goes on from there`,
      { cause: error },
    );
  }
}
