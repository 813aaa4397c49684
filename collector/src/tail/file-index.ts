/** Which paths there are, which file is at each, and when each is looked at next. Knows no content. */
import type { BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { findFiles } from "./find-files.ts";
import type { Source } from "./line-reader.ts";
import { idOf } from "./open-files.ts";

export type Seen = { readonly path: string; readonly source: Source; readonly id: string; readonly stats: BigIntStats };
export type Refused = { readonly path: string; readonly error: NodeJS.ErrnoException };
export type Looked = {
  /** In the order of their names. */
  readonly seen: readonly Seen[];
  /** Paths where there is nothing any more. */
  readonly left: readonly string[];
  /** Of which the system does not tell what is there. */
  readonly refused: readonly Refused[];
};

type Listed = { readonly source: Source; nextLookAt: number; changedAt: number; version: string };

const CONCURRENT_LOOKS = 16;
/** A file that did not change for so many polls is looked at less often. */
const QUIET_AFTER_POLLS = 30;
const QUIET_POLLS = 10;
/** Every so many polls the folders are listed. */
const LIST_POLLS = 5;

export class FileIndex {
  readonly #sources: readonly Source[];
  readonly #pollMs: number;
  readonly #maxFiles: number;
  readonly #listed = new Map<string, Listed>();
  #nextListAt = 0;
  #folders: readonly string[] = [];
  #problems: readonly string[] = [];

  constructor(sources: readonly Source[], pollMs: number, maxFiles: number) {
    this.#sources = sources;
    this.#pollMs = pollMs;
    this.#maxFiles = maxFiles;
  }

  /** Those listed last. */
  get folders(): readonly string[] {
    return this.#folders;
  }

  /** What is wrong with the patterns and folders, as of the last listing. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  has(path: string): boolean {
    return this.#listed.has(path);
  }

  /** Something happened at this path: it is looked at with the next look, and an unknown one makes the folders be listed. */
  touched(path: string | undefined): void {
    const listed = path === undefined ? undefined : this.#listed.get(path);
    if (listed === undefined) this.#nextListAt = 0;
    else listed.nextLookAt = 0;
  }

  /** Looks at the paths whose turn it is. `now`: milliseconds of a clock that never goes back. */
  async look(now: number): Promise<Looked> {
    const left: string[] = [];
    if (now >= this.#nextListAt) {
      this.#nextListAt = now + this.#pollMs * LIST_POLLS;
      left.push(...(await this.#list()));
    }
    const seen: Seen[] = [];
    const refused: Refused[] = [];
    const queue = [...this.#listed].filter(([, { nextLookAt }]) => nextLookAt <= now).values();
    const worker = async () => {
      for (const [path, listed] of queue) {
        try {
          const stats = await stat(path, { bigint: true });
          this.#schedule(listed, stats, now);
          seen.push({ path, source: listed.source, id: idOf(stats), stats });
        } catch (error) {
          listed.nextLookAt = now + this.#pollMs;
          if (isAbsence(error)) left.push(path);
          else refused.push({ path, error: error as NodeJS.ErrnoException });
        }
      }
    };
    await Promise.all(Array.from({ length: CONCURRENT_LOOKS }, worker));
    seen.sort((a, b) => (a.path < b.path ? -1 : 1));
    return { seen, left, refused };
  }

  #schedule(listed: Listed, { dev, ino, size, mtimeNs }: BigIntStats, now: number): void {
    const version = `${dev}:${ino} ${size} ${mtimeNs}`;
    if (version !== listed.version) listed.changedAt = now;
    listed.version = version;
    const quiet = now - listed.changedAt > QUIET_AFTER_POLLS * this.#pollMs;
    // A tenth earlier than a whole number of polls, so that a look a little early does not make it wait one more.
    listed.nextLookAt = now + this.#pollMs * ((quiet ? QUIET_POLLS : 1) - 0.1);
  }

  /** The paths that were listed and are no longer. */
  async #list(): Promise<string[]> {
    const paths = new Map<string, Source>();
    const folders = new Set<string>();
    const problems: string[] = [];
    for (const source of this.#sources) {
      const found = await findFiles(source.files, source.accepts);
      for (const folder of found.folders) folders.add(folder);
      for (const path of found.paths) if (!paths.has(path)) paths.set(path, source);
      problems.push(...found.problems);
      source.counts.problem = found.problems[0] ?? nothingYet(source, found.paths.length);
    }
    const left = [...this.#listed.keys()].filter((path) => !paths.has(path));
    for (const path of left) this.#listed.delete(path);
    for (const [path, source] of paths) {
      if (this.#listed.has(path)) continue;
      if (this.#listed.size >= this.#maxFiles) {
        problems.push(`found ${paths.size} files, expected at most ${this.#maxFiles}; the rest is not followed`);
        break;
      }
      this.#listed.set(path, { source, nextLookAt: 0, changedAt: 0, version: "" });
    }
    this.#folders = [...folders];
    this.#problems = problems;
    return left;
  }
}

function nothingYet(source: Source, found: number): string | undefined {
  return found > 0 ? undefined : `${source.files}: no such file yet; it is followed when it comes`;
}

export function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
