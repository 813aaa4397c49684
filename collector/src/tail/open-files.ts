/** Descriptors of followed files: so many at most, those used last. */
import { type FileHandle, open } from "node:fs/promises";

export type Place = { readonly id: string; readonly path: string };

/** The path leads to another file than it did; the next look finds out more. */
export class MovedError extends Error {}

/** Tells one file from another, whatever they are called. */
export function idOf({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

type Opened = { readonly handle: FileHandle; usedAt: number; pinned: boolean };

export class OpenFiles {
  readonly #max: number;
  readonly #now: () => number;
  /** In the order of use, the last one last. */
  readonly #opened = new Map<string, Opened>();

  constructor(max: number, now: () => number) {
    this.#max = max;
    this.#now = now;
  }

  get size(): number {
    return this.#opened.size;
  }

  /** Rejects with MovedError, or with the system's error. */
  async use({ id, path }: Place): Promise<FileHandle> {
    const opened = this.#opened.get(id) ?? (await this.#open(id, path));
    opened.usedAt = this.#now();
    this.#opened.delete(id);
    this.#opened.set(id, opened);
    return opened.handle;
  }

  has(id: string): boolean {
    return this.#opened.has(id);
  }

  /** No path leads to it any more, so it is not closed to make room. */
  pin(id: string): void {
    const opened = this.#opened.get(id);
    if (opened !== undefined) opened.pinned = true;
  }

  async close(id: string): Promise<void> {
    const opened = this.#opened.get(id);
    this.#opened.delete(id);
    try {
      await opened?.handle.close();
    } catch (error) {
      // Nothing was written through it, so nothing can be lost; a network disk that is away says so here.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }

  /** Those not used since; a descriptor keeps a deleted file on the disk. */
  async closeUnused(since: number): Promise<void> {
    for (const [id, { usedAt, pinned }] of [...this.#opened]) {
      if (usedAt < since && !pinned) await this.close(id);
    }
  }

  async closeAll(): Promise<void> {
    for (const id of [...this.#opened.keys()]) await this.close(id);
  }

  async #open(id: string, path: string): Promise<Opened> {
    if (this.#opened.size >= this.#max) await this.#closeOldest();
    const handle = await open(path, "r");
    try {
      if (idOf(await handle.stat({ bigint: true })) !== id) throw new MovedError(`${path} is another file now`);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return { handle, usedAt: this.#now(), pinned: false };
  }

  async #closeOldest(): Promise<void> {
    for (const [id, { pinned }] of this.#opened) {
      if (!pinned) return this.close(id);
    }
  }
}
