/**
 * Follows files: looks at them now and then, reads what is new in turns, hands over what the readers made of it, and then
 * notes where each file is. So a kill at any moment reads a bit again and never skips.
 */
import type { Logger } from "@lockstep/process/process";
import { BUFFER_BYTES } from "./appended-file.ts";
import { FileIndex } from "./file-index.ts";
import { FolderWakes } from "./folder-wakes.ts";
import type { FollowedFile, TurnTools } from "./followed-file.ts";
import { FollowedFiles } from "./followed-files.ts";
import type { Source } from "./line-reader.ts";
import { MovedError, OpenFiles } from "./open-files.ts";
import type { StoredFile, TailState } from "./tail-state.ts";
import { Told } from "./told.ts";
import { WholeFile } from "./whole-file.ts";

export type TailFilesOptions = {
  readonly sources: readonly Source[];
  readonly state: TailState;
  /** Takes what the readers made of the turns; only then are the files' positions noted. Tried again while it rejects. */
  readonly deliver: () => Promise<void>;
  readonly log: Pick<Logger, "info" | "warn" | "error">;
  /** How often growing files are looked at. */
  readonly pollMs?: number;
  readonly maxFiles?: number;
  readonly maxOpen?: number;
  /** How often the position of a file that is being read is noted, at the most. */
  readonly noteMs?: number;
  /** After so long without a change a file's reader is told that nothing came. */
  readonly idleMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

const DEFAULTS = { pollMs: 1000, maxFiles: 20_000, maxOpen: 256, noteMs: 1000, idleMs: 120_000 } as const;
/** Read before what came of it is handed over. */
const ROUND_BYTES = 4 * 2 ** 20;
const DRAIN_POLLS = 5;
const CLOSE_AFTER_POLLS = 60;
const RETRY_POLLS = 10;
/** A change that a folder told is looked at so much later: more of them come together. */
const WAKE_MS = 100;
const MAX_DELIVERY_PAUSE_MS = 30_000;
/** Noting takes at most one in so many parts of the time. */
const NOTE_SHARE = 50;
const KEEP_GONE_MS = 24 * 3_600_000;
const SWEEP_MS = 3_600_000;

export class TailFiles {
  readonly #options: Required<TailFilesOptions>;
  readonly #index: FileIndex;
  readonly #files: FollowedFiles;
  readonly #wakes: FolderWakes;
  readonly #opened: OpenFiles;
  readonly #told: Told;
  readonly #tools: TurnTools;
  /** Read since their position was noted, and when that was. */
  readonly #unnoted = new Map<FollowedFile, number>();
  /** Noting a file's position is put off in proportion to what it last took: a snapshot may hold much. */
  readonly #notBefore = new Map<FollowedFile, number>();
  /** Files whose readers wait for more, and when something came last. */
  readonly #active = new Map<FollowedFile, number>();
  readonly #gone = new Map<string, StoredFile>();
  readonly #failing = new Map<string, { readonly file: FollowedFile; readonly retryAt: number }>();
  #nextLookAt = 0;
  #nextSweepAt = 0;
  /** Ends a sleep; with `stop` any, else one that waits for files. */
  #wakeUp: ((stop: boolean) => void) | undefined;
  #stopping = false;
  /** The readers may have made something that was not taken: no position is noted before it is. */
  #undelivered = false;
  #noteFails = false;
  #running: Promise<void> | undefined;

  constructor(options: TailFilesOptions) {
    this.#options = { ...DEFAULTS, now: Date.now, ...options };
    const { sources, state, log, pollMs, maxFiles, maxOpen } = this.#options;
    this.#index = new FileIndex(sources, pollMs, maxFiles);
    this.#opened = new OpenFiles(maxOpen, () => performance.now());
    this.#told = new Told(log);
    this.#tools = {
      opened: this.#opened,
      buffer: Buffer.allocUnsafe(BUFFER_BYTES),
      tell: (file, kind, message) => this.#told.warn(file.id, kind, message),
    };
    this.#files = new FollowedFiles({
      state,
      tools: this.#tools,
      drainMs: pollMs * DRAIN_POLLS,
      isFailing: ({ id }) => this.#failing.has(id),
      onChanged: (file, handOver) => this.#changed(file, handOver ? -Infinity : performance.now()),
      onGone: (file) => this.#forget(file),
    });
    this.#wakes = new FolderWakes((path) => this.#wake(path));
  }

  /** Descriptors open now. */
  get openFiles(): number {
    return this.#opened.size;
  }

  /** Begins; `onFatal` hears of an error that is no file's and ends the following. */
  start(onFatal: (error: unknown) => void): void {
    this.#running = this.#run().catch(onFatal);
  }

  /** Ends after the turn that is being read; what it gave is handed over and noted. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wakeUp?.(true);
    await this.#running;
    this.#wakes.close();
    await this.#opened.closeAll();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const now = performance.now();
      if (now >= this.#nextLookAt) await this.#look(now);
      if (await this.#round()) continue;
      await this.#note("quiet");
      await this.#sweep();
      await this.#sleep(this.#nextLookAt - performance.now(), true);
    }
    await this.#deliver();
    await this.#note("end");
  }

  async #look(now: number): Promise<void> {
    const { pollMs, sources } = this.#options;
    this.#nextLookAt = now + pollMs;
    const looked = await this.#index.look(now);
    for (const { path, error } of looked.refused) this.#told.warn(path, "look", `${path}: ${error.message}`);
    for (const problem of this.#index.problems) this.#told.warn("", problem, problem);
    for (const source of sources) {
      if (source.counts.problem !== undefined) this.#told.info(source.name, "problem", source.counts.problem);
    }
    await this.#files.update(looked, now);
    this.#retry(now);
    this.#tellIdle(now);
    this.#count();
    this.#wakes.watch(this.#index.folders);
    await this.#opened.closeUnused(now - CLOSE_AFTER_POLLS * pollMs);
    // What ended files gave.
    await this.#deliver();
  }

  /** A turn for each file that has something, up to a bound; whether anything was to be read. */
  async #round(): Promise<boolean> {
    const due = [...this.#files.all.values()].filter((file) => file.pending && !this.#failing.has(file.id));
    let bytes = 0;
    for (const file of due) {
      bytes += await this.#turn(file);
      this.#files.served(file);
      if (bytes >= ROUND_BYTES || this.#stopping) break;
    }
    if (due.length === 0) return false;
    await this.#deliver();
    await this.#note("due");
    return true;
  }

  async #turn(file: FollowedFile): Promise<number> {
    try {
      const bytes = await file.turn(this.#tools);
      if (bytes > 0) {
        file.source.counts.lastReadAt = this.#options.now();
        this.#active.set(file, performance.now());
      }
      this.#changed(file, performance.now());
      return bytes;
    } catch (error) {
      this.#failed(file, error as NodeJS.ErrnoException);
      return 0;
    }
  }

  #failed(file: FollowedFile, error: NodeJS.ErrnoException): void {
    const { pollMs, log } = this.#options;
    let pauseMs = pollMs;
    if (!(error instanceof MovedError) && error.code === undefined) {
      // Its reader may be anywhere in it, so its position must not be noted; the other files are none the worse for it.
      log.error(
        { err: error },
        `${file.path}: a reader failed on it, which is a fault of Lockstep; it is not read further`,
      );
      this.#unnoted.delete(file);
      this.#active.delete(file);
      pauseMs = Infinity;
    } else if (error.code !== undefined && error.code !== "ENOENT") {
      const message = `${file.path}: cannot be read: ${error.message}; it is tried again`;
      this.#told.warn(file.id, error.code, message);
      pauseMs = pollMs * RETRY_POLLS;
    }
    // Of one that moved the next look finds where it is.
    this.#failing.set(file.id, { file, retryAt: performance.now() + pauseMs });
  }

  #tellIdle(now: number): void {
    for (const [file, since] of this.#active) {
      if (file.pending || now - since < this.#options.idleMs) continue;
      this.#active.delete(file);
      file.idle();
      this.#changed(file, now);
    }
  }

  #retry(now: number): void {
    for (const [id, { retryAt }] of this.#failing) {
      if (now >= retryAt || !this.#files.all.has(id)) this.#failing.delete(id);
    }
  }

  /** Gives up only at the end. */
  async #deliver(): Promise<void> {
    for (let pauseMs = 1000; ; pauseMs = Math.min(2 * pauseMs, MAX_DELIVERY_PAUSE_MS)) {
      try {
        await this.#options.deliver();
        this.#undelivered = false;
        return;
      } catch (error) {
        if (this.#stopping) return;
        if (pauseMs === 1000)
          this.#options.log.error({ err: error }, "what traces gave is not taken; it is tried again");
        await this.#sleep(pauseMs, false);
      }
    }
  }

  #changed(file: FollowedFile, at: number): void {
    this.#undelivered = true;
    if (!this.#active.has(file)) this.#active.set(file, performance.now());
    if (file.resumes) this.#unnoted.set(file, Math.min(at, this.#unnoted.get(file) ?? at));
  }

  #forget(file: FollowedFile): void {
    this.#unnoted.delete(file);
    this.#notBefore.delete(file);
    this.#active.delete(file);
    this.#failing.delete(file.id);
    this.#told.forget(file.id);
    this.#gone.set(file.id, { ...file.stored(), goneAt: this.#options.now() });
  }

  /** Notes the positions that are due, at the end all. Only of what was delivered. */
  async #note(when: "due" | "quiet" | "end"): Promise<void> {
    const due = this.#dueToBeNoted(when);
    if (this.#undelivered || (due.length === 0 && this.#gone.size === 0)) return;
    const changes = new Map(this.#gone);
    for (const file of due) {
      const before = performance.now();
      changes.set(file.id, file.stored());
      const after = performance.now();
      this.#notBefore.set(file, after + NOTE_SHARE * (after - before));
    }
    try {
      await this.#options.state.write(changes);
      for (const file of due) this.#unnoted.delete(file);
      this.#gone.clear();
      if (this.#noteFails) this.#options.log.info("positions in traces are noted again");
      this.#noteFails = false;
    } catch (error) {
      const message = "positions in traces are not noted; a restart would read again from the last ones";
      if (!this.#noteFails) this.#options.log.error({ err: error }, message);
      this.#noteFails = true;
    }
  }

  #dueToBeNoted(when: "due" | "quiet" | "end"): FollowedFile[] {
    const now = performance.now();
    const before = when === "due" ? now - this.#options.noteMs : now;
    return [...this.#unnoted]
      .filter(([file, since]) => {
        // Those of a hand-over go together, and so at once.
        if (when === "end" || since === -Infinity) return true;
        return since <= before && now >= (this.#notBefore.get(file) ?? 0);
      })
      .map(([file]) => file);
  }

  async #sweep(): Promise<void> {
    const now = performance.now();
    if (now < this.#nextSweepAt) return;
    this.#nextSweepAt = now + SWEEP_MS;
    try {
      await this.#options.state.sweep((id) => this.#files.all.has(id), this.#options.now(), KEEP_GONE_MS);
    } catch (error) {
      this.#options.log.error({ err: error }, "the state of followed files could not be swept");
    }
  }

  #count(): void {
    for (const { counts } of this.#options.sources) {
      counts.unreadable = 0;
      counts.behindBytes = 0;
    }
    for (const file of this.#files.all.values()) {
      file.source.counts.behindBytes += file.behind;
      const fault = file instanceof WholeFile ? file.fault : undefined;
      if (fault !== undefined) this.#tellFault(file, fault);
    }
    for (const { file } of this.#failing.values()) file.source.counts.unreadable += 1;
  }

  #tellFault(file: FollowedFile, fault: string): void {
    const { counts } = file.source;
    counts.unreadable += 1;
    counts.lastBad = `${file.path}: ${fault}`;
    this.#told.warn(file.id, "fault", `${file.path}: ${fault}; it is read when it changes`);
  }

  #wake(path: string | undefined): void {
    this.#index.touched(path);
    const at = performance.now() + Math.min(WAKE_MS, this.#options.pollMs);
    if (at >= this.#nextLookAt) return;
    this.#nextLookAt = at;
    this.#wakeUp?.(false);
  }

  /** For so long, or until it ends; where it `waitsForFiles`, until something changes. */
  async #sleep(ms: number, waitsForFiles: boolean): Promise<void> {
    if (ms <= 0 || this.#stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wakeUp = (stop) => {
        if (!stop && !waitsForFiles) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wakeUp = undefined;
  }
}
