/**
 * Where each file was, across restarts: one LMDB environment, an entry a file by its device and inode. A transaction holds
 * what one round of reading changed, so a kill leaves the last whole one: a bit is read again then, and nothing is skipped.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { open, type RootDatabase } from "lmdb";

export type StoredFile = {
  /** Where it was followed; one that was rotated away and is not read to its end yet, where its successor is. */
  readonly path: string;
  /** Of two files of a path, the one with the lower number was there first. */
  readonly order?: number;
  /** Bytes (of a .gz: of what is in it) that are read and taken; always behind a line feed or within a line too long. */
  readonly offset: number;
  /** The bytes before `offset`, base64: other ones there mean another content. */
  readonly seam: string;
  /** `offset` is within a line that is too long and skipped. */
  readonly skipping?: boolean;
  /** Of files that are read whole: size and time of change of what was taken. */
  readonly signature?: string;
  /** Nothing came for long, and the reader above was told. */
  readonly idle?: boolean;
  /** What the reader above needs to go on from here; its own matter. */
  readonly reader?: string;
  /** Milliseconds since 1970. */
  readonly goneAt?: number;
};

/** Address space, not disk. */
const MAP_BYTES = 8 * 2 ** 30;
/** More files than are followed at a time. */
const MAX_ENTRIES = 100_000;

export class TailState {
  readonly #root: RootDatabase<StoredFile, string>;

  /** Throws where the folder cannot be used. */
  constructor(folder: string) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      this.#root = open<StoredFile, string>({
        path: join(folder, "files.mdb"),
        mapSize: MAP_BYTES,
        encoding: "json",
      });
    } catch (error) {
      const advice = "Is the disk full or not writable? Without this folder all traces are read from their beginning.";
      throw new Error(
        `${folder}: the state of followed files cannot be opened: ${(error as Error).message}. ${advice}`,
        {
          cause: error,
        },
      );
    }
  }

  get(id: string): StoredFile | undefined {
    return this.#root.get(id);
  }

  /** The files that are not gone by their path, those that were there first before those that came later. */
  byPath(): Map<string, string[]> {
    const files = new Map<string, { id: string; order: number }[]>();
    for (const { key, value } of this.#root.getRange()) {
      if (value.goneAt !== undefined) continue;
      const there = files.get(value.path) ?? [];
      there.push({ id: key, order: value.order ?? 0 });
      files.set(value.path, there);
    }
    const ids = [...files].map(([path, there]): [string, string[]] => [
      path,
      there.sort((a, b) => a.order - b.order).map(({ id }) => id),
    ]);
    return new Map(ids);
  }

  /** Higher than that of any file. */
  nextOrder(): number {
    let highest = 0;
    for (const { value } of this.#root.getRange()) highest = Math.max(highest, value.order ?? 0);
    return highest + 1;
  }

  /** Resolves when all of it is written, or rejects and none is. */
  async write(changes: ReadonlyMap<string, StoredFile>): Promise<void> {
    if (changes.size === 0) return;
    await this.#root.transaction(() => {
      for (const [id, file] of changes) this.#root.put(id, file);
    });
  }

  /**
   * Notes those that are not `present` as gone at `now` (ms since 1970), and forgets those gone for `keepMs`; where there are too
   * many also the longest gone. How many were forgotten.
   */
  async sweep(
    present: (id: string) => boolean,
    now: number,
    keepMs: number,
    maxEntries = MAX_ENTRIES,
  ): Promise<number> {
    const gone: { id: string; file: StoredFile; at: number }[] = [];
    let entries = 0;
    for (const { key, value } of this.#root.getRange()) {
      entries += 1;
      if (!present(key)) gone.push({ id: key, file: value, at: value.goneAt ?? now });
    }
    gone.sort((a, b) => a.at - b.at);
    const excess = entries - maxEntries;
    const forgotten = gone.filter(({ at }, index) => now - at >= keepMs || index < excess);
    const noted = gone.filter(({ file }) => file.goneAt === undefined);
    if (forgotten.length + noted.length === 0) return 0;
    await this.#root.transaction(() => {
      for (const { id, file } of noted) this.#root.put(id, { ...file, goneAt: now });
      for (const { id } of forgotten) this.#root.remove(id);
    });
    return forgotten.length;
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}
