/**
 * From what a look sees at the paths to the files that are followed: which are new, renamed, rotated away or gone. A file that
 * left its path is read on for a while, since who writes it need not have noticed; then the one in its place goes on.
 */
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppendedFile } from "./appended-file.ts";
import { isAbsence, type Looked, type Seen } from "./file-index.ts";
import { type FollowedFile, lookOf, type TurnTools } from "./followed-file.ts";
import { GzFile } from "./gz-file.ts";
import { KernelDevice } from "./kernel-device.ts";
import { idOf } from "./open-files.ts";
import type { StoredFile, TailState } from "./tail-state.ts";
import { WholeFile } from "./whole-file.ts";

export type FollowedFilesOptions = {
  readonly state: TailState;
  readonly tools: TurnTools;
  /** How long a file that left its path must not grow before it is done with. */
  readonly drainMs: number;
  /** Whether reading it fails at present. */
  readonly isFailing: (file: FollowedFile) => boolean;
  /** Its position or path is another than was noted; those of a hand-over are to be noted together, or not at all. */
  readonly onChanged: (file: FollowedFile, handOver: boolean) => void;
  readonly onGone: (file: FollowedFile) => void;
};

type Draining = { readonly file: AppendedFile; size: bigint; quietSince: number; readonly since: number };

/** Entries of a folder that are looked at to find where a file was moved. */
const MAX_SEARCHED = 10_000;
/** Paths of files that ended, whose readers' knowledge is kept for a file that comes in their place. */
const MAX_ENDED = 1000;
/** A writer that never notices the rotation does not keep its successor waiting for ever. */
const MAX_DRAINS = 12;

export class FollowedFiles {
  readonly #options: FollowedFilesOptions;
  /** By id, in the order of their turns. */
  readonly #files = new Map<string, FollowedFile>();
  /** The file at each path, as of the last look. */
  readonly #at = new Map<string, string>();
  readonly #draining = new Map<string, Draining>();
  /** Files of an earlier run by path, until that path is looked at. */
  readonly #earlier: Map<string, string[]>;
  /** What the readers of files knew that left their path and ended without a successor, by path. */
  readonly #ended = new Map<string, string>();
  #nextOrder: number;
  /** Of this update: ids and paths in the folders that were searched. */
  #searched = new Map<string, Map<string, string>>();

  constructor(options: FollowedFilesOptions) {
    this.#options = options;
    this.#earlier = options.state.byPath();
    this.#nextOrder = options.state.nextOrder();
  }

  get all(): ReadonlyMap<string, FollowedFile> {
    return this.#files;
  }

  /** It had its turn: the others come before it. */
  served(file: FollowedFile): void {
    if (this.#files.delete(file.id)) this.#files.set(file.id, file);
  }

  async update({ seen, left }: Looked, now: number): Promise<void> {
    this.#searched = new Map();
    const lefts: [path: string, id: string][] = [];
    for (const each of seen) {
      const before = this.#at.get(each.path);
      if (before === each.id) this.#files.get(each.id)?.noticed(lookOf(each.stats));
      else if (isReadable(each)) {
        if (before !== undefined) lefts.push([each.path, before]);
        await this.#arrived(each, before, now);
      }
    }
    for (const path of left) {
      const id = this.#at.get(path);
      this.#at.delete(path);
      if (id !== undefined) lefts.push([path, id]);
    }
    for (const [path, id] of lefts) {
      const file = this.#files.get(id);
      // Where it came up at another path it was only renamed.
      if (file !== undefined && file.path === path) await this.#left(file, now);
    }
    await this.#drain(now);
  }

  async #arrived(seen: Seen, before: string | undefined, now: number): Promise<void> {
    const { path, id, stats } = seen;
    const known = this.#files.get(id);
    this.#at.set(path, id);
    if (known === undefined) {
      const file = await this.#follow(seen, before, now);
      file.noticed(lookOf(stats));
      return;
    }
    known.noticed(lookOf(stats));
    if (known.path !== path && (await this.#idAt(known.path)) !== id) known.path = path;
    else if (known.path !== path) return;
    if (known instanceof AppendedFile && this.#successorOf(known) === undefined) this.#settle(known);
    this.#options.onChanged(known, false);
  }

  /** Its path is its own again. */
  #settle(file: AppendedFile): void {
    file.draining = false;
    file.stream = file.path;
    this.#draining.delete(file.id);
  }

  async #follow(seen: Seen, before: string | undefined, now: number): Promise<FollowedFile> {
    const { path, id, source } = seen;
    const { state } = this.#options;
    const stored = reused(state.get(id), seen) ? undefined : state.get(id);
    const file = fileOf(seen, this.#nextOrder++, stored, () => state.get(id)?.reader);
    source.counts.files += 1;
    this.#files.set(id, file);
    const earlier = this.#earlier.get(path) ?? [];
    this.#earlier.delete(path);
    if (file instanceof AppendedFile) {
      const previous = before === undefined ? this.#leftFrom(path) : this.#files.get(before);
      const ended = this.#ended.get(path);
      if (previous !== undefined) this.#succeed(file, previous, now);
      else if (ended !== undefined && stored === undefined) file.goOn(ended);
      else await this.#resume(file, earlier, now);
      this.#ended.delete(path);
    }
    // From now on it is known, and read to its end even if it is rotated away while this process is not there.
    this.#options.onChanged(file, false);
    return file;
  }

  /** Who rotates may take its time to make the new file: the one that left this path and waits for a successor. */
  #leftFrom(path: string): AppendedFile | undefined {
    for (const { file } of this.#draining.values()) {
      if (file.stream === path && this.#successorOf(file) === undefined) return file;
    }
    return undefined;
  }

  #succeed(file: AppendedFile, previous: FollowedFile | undefined, now: number): void {
    if (!(previous instanceof AppendedFile)) return;
    file.waitsFor = previous;
    this.#startDraining(previous, now);
  }

  /** The files that were at its path before it when an earlier run ended, as far as they still lie beside it. */
  async #resume(file: AppendedFile, earlier: readonly string[], now: number): Promise<void> {
    const { state } = this.#options;
    let last: AppendedFile | undefined;
    for (const id of earlier) {
      if (id === file.id) break;
      const stored = state.get(id);
      const place = await this.#search(dirname(file.path), id);
      if (stored === undefined || (place === undefined && !this.#files.has(id))) {
        // Nothing of it is left but what its reader knew.
        if (last === undefined && state.get(file.id) === undefined) file.continue(() => state.get(id)?.reader);
        continue;
      }
      const found = this.#files.get(id) ?? this.#followAgain(id, place!, file, stored);
      if (!(found instanceof AppendedFile)) continue;
      if (last !== undefined) found.waitsFor = last;
      this.#startDraining(found, now);
      last = found;
    }
    file.waitsFor = last;
  }

  #followAgain(id: string, path: string, { source }: AppendedFile, stored: StoredFile): AppendedFile {
    const { state } = this.#options;
    const file = new AppendedFile({ id, path, source, order: 0 }, stored, () => state.get(id)?.reader);
    source.counts.files += 1;
    this.#files.set(id, file);
    return file;
  }

  async #left(file: FollowedFile, now: number): Promise<void> {
    const { opened } = this.#options.tools;
    if (!(file instanceof AppendedFile)) return this.#drop(file);
    const place = await this.#search(dirname(file.path), file.id);
    if (place !== undefined) {
      file.path = place;
    } else if (opened.has(file.id)) opened.pin(file.id);
    else return this.#done(file);
    this.#startDraining(file, now);
  }

  #startDraining(file: AppendedFile, now: number): void {
    if (this.#draining.has(file.id)) return;
    file.draining = true;
    this.#draining.set(file.id, { file, size: -1n, quietSince: now, since: now });
  }

  async #drain(now: number): Promise<void> {
    const { drainMs, isFailing } = this.#options;
    for (const draining of [...this.#draining.values()]) {
      const { file } = draining;
      const there = await this.#notice(draining, now);
      const waits = there && file.pending && !isFailing(file) && now - draining.since < drainMs * MAX_DRAINS;
      const quiet = !there || now - draining.quietSince >= drainMs || now - draining.since >= drainMs * MAX_DRAINS;
      if (!waits && quiet && file.waitsFor === undefined) await this.#done(file);
    }
  }

  /** False where it can no longer be read at all. */
  async #notice(draining: Draining, now: number): Promise<boolean> {
    const { file } = draining;
    const { opened } = this.#options.tools;
    try {
      const stats = opened.has(file.id)
        ? await (await opened.use(file)).stat({ bigint: true })
        : await stat(file.path, { bigint: true });
      if (idOf(stats) !== file.id) return false;
      if (stats.size !== draining.size) draining.quietSince = now;
      draining.size = stats.size;
      file.noticed(lookOf(stats));
      return true;
    } catch (error) {
      return !isAbsence(error);
    }
  }

  /** The end of a file that left its path: its successor goes on, and it stays only where another followed path leads to it. */
  async #done(file: AppendedFile): Promise<void> {
    const { tools, onChanged } = this.#options;
    const successor = this.#successorOf(file);
    file.source.counts.rotations += successor === undefined ? 0 : 1;
    if (successor !== undefined) {
      successor.waitsFor = undefined;
      await file.handOver(successor, tools);
      onChanged(successor, true);
    } else this.#keepEnded(file.stream, await file.end(tools));
    this.#settle(file);
    onChanged(file, true);
    if (this.#at.get(file.path) !== file.id) await this.#drop(file);
  }

  #keepEnded(path: string, snapshot: string | undefined): void {
    this.#ended.delete(path);
    if (snapshot !== undefined) this.#ended.set(path, snapshot);
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(this.#ended.keys().next().value!);
  }

  async #drop(file: FollowedFile): Promise<void> {
    const { tools, onGone } = this.#options;
    if (!(file instanceof AppendedFile)) await file.finish(tools);
    await tools.opened.close(file.id);
    this.#files.delete(file.id);
    file.source.counts.files -= 1;
    onGone(file);
  }

  #successorOf(file: AppendedFile): AppendedFile | undefined {
    for (const each of this.#files.values()) {
      if (each instanceof AppendedFile && each.waitsFor === file) return each;
    }
    return undefined;
  }

  /** Undefined also where the system does not tell: then it is not known to be there. */
  async #idAt(path: string): Promise<string | undefined> {
    try {
      return idOf(await stat(path, { bigint: true }));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return undefined;
    }
  }

  /** Where in a folder a file is now; undefined where it is not there. */
  async #search(folder: string, id: string): Promise<string | undefined> {
    const known = this.#searched.get(folder) ?? (await this.#idsIn(folder));
    this.#searched.set(folder, known);
    return known.get(id);
  }

  async #idsIn(folder: string): Promise<Map<string, string>> {
    const ids = new Map<string, string>();
    try {
      for (const name of (await readdir(folder)).slice(0, MAX_SEARCHED)) {
        const path = join(folder, name);
        const id = await this.#idAt(path);
        if (id !== undefined) ids.set(id, path);
      }
    } catch (error) {
      // Of a folder that cannot be searched no file can be read on by its path; open ones still are.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
    return ids;
  }
}

/** The disk gave the place of a file that is gone to a new one. */
function reused(stored: StoredFile | undefined, { stats }: Seen): boolean {
  return stored?.goneAt !== undefined && stats.size < BigInt(stored.offset);
}

function isReadable({ source, stats }: Seen): boolean {
  return stats.isFile() || (stats.isCharacterDevice() && source.follows === "lines" && source.devices);
}

function fileOf(
  { path, id, source, stats }: Seen,
  order: number,
  stored: StoredFile | undefined,
  snapshot: () => string | undefined,
): FollowedFile {
  if (source.follows === "whole") return new WholeFile({ id, path, source }, stored);
  const place = { id, path, source, order };
  if (stats.isCharacterDevice()) return new KernelDevice(place);
  return path.endsWith(".gz") ? new GzFile(place, stored, snapshot) : new AppendedFile(place, stored, snapshot);
}
