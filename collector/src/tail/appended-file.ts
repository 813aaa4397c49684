/** A file that others append lines to. Its position is always behind a line feed; the beginning of a line is read again. */
import type { FollowedFile, Look, TurnTools } from "./followed-file.ts";
import { cutLines, MAX_LINE } from "./line-cutter.ts";
import type { LineReader, Source } from "./line-reader.ts";
import { MovedError } from "./open-files.ts";
import type { StoredFile } from "./tail-state.ts";

type LineSource = Extract<Source, { follows: "lines" }>;

/** So that a file far behind holds up the others, and the process, for some milliseconds only. */
export const TURN_BYTES = 256 * 1024;
const SEAM_BYTES = 64;
/** The seam, the longest beginning of a line, a turn. */
export const BUFFER_BYTES = SEAM_BYTES + MAX_LINE + TURN_BYTES;

export class AppendedFile implements FollowedFile {
  readonly id: string;
  readonly resumes = true;
  readonly source: LineSource;
  path: string;
  /** Of two files of a path, the one with the lower number was there first. */
  readonly order: number;
  /** The path at which it was followed; where it is draining, that of its successor. */
  stream: string;
  /** Of this path's stream the part before; this one is read when that is done. */
  waitsFor: AppendedFile | undefined;
  /** It left its path: another content in its place is none of its stream's. */
  draining = false;
  #size = 0;
  #offset: number;
  /** Up to here it was looked at: behind `#offset` lies the beginning of a line. */
  #seen: number;
  #seam: Buffer;
  #skipping: boolean;
  #idle: boolean;
  #reader: LineReader | undefined;
  #readerPath: string;
  /** Its reader is that of another file, whose lines were others. */
  #goesOn = false;
  /** Of an earlier run; to be asked for while there is no reader. */
  #snapshot: () => string | undefined;

  /** `snapshot` gives the reader's of an earlier run, when it is needed. */
  constructor(
    place: { id: string; path: string; source: LineSource; order: number },
    stored: StoredFile | undefined,
    snapshot: () => string | undefined,
  ) {
    this.id = place.id;
    this.path = place.path;
    this.order = stored?.order ?? place.order;
    this.stream = stored?.path ?? place.path;
    this.source = place.source;
    this.#offset = stored?.offset ?? 0;
    this.#seen = this.#offset;
    this.#seam = Buffer.from(stored?.seam ?? "", "base64");
    this.#skipping = stored?.skipping ?? false;
    this.#idle = stored?.idle ?? false;
    this.#readerPath = stored?.path ?? place.path;
    this.#snapshot = snapshot;
  }

  get behind(): number {
    return Math.max(0, this.#size - this.#offset);
  }

  get pending(): boolean {
    return this.waitsFor === undefined && this.#size !== this.#seen;
  }

  noticed({ size }: Look): void {
    this.#size = size;
  }

  async turn(tools: TurnTools): Promise<number> {
    if (this.#size < this.#offset) {
      this.#startOver(tools, `found ${this.#size} bytes where ${this.#offset} were read already`);
      return 0;
    }
    const bytes = await this.#read(tools);
    if (bytes === undefined) {
      this.#startOver(tools, `found other bytes before byte ${this.#offset} than were read there`);
      return 0;
    }
    const already = this.#seen - this.#offset;
    this.#seen = this.#offset + bytes.length;
    // It grew since the look; or it shrank, and without this would be tried for ever.
    if (this.#seen > this.#size || bytes.length <= already) this.#size = this.#seen;
    this.#take(bytes, tools);
    const fresh = Math.max(0, bytes.length - already);
    this.source.counts.bytes += fresh;
    return fresh;
  }

  /** It goes on where another file ended before a restart. */
  continue(snapshot: () => string | undefined): void {
    this.#snapshot = snapshot;
  }

  /** The reader is let go, so that files that are done with take no memory. */
  idle(): void {
    if (this.#idle || this.pending) return;
    const reader = this.#open();
    reader.idle();
    const snapshot = reader.snapshot();
    reader.close();
    this.#forgetReader();
    this.#snapshot = () => snapshot;
    this.#idle = true;
  }

  /** It goes on where the file that was at its path before it ended. */
  goOn(snapshot: string): void {
    this.#snapshot = () => snapshot;
    this.#goesOn = true;
  }

  async finish(tools: TurnTools): Promise<void> {
    await this.end(tools);
  }

  /** Gives what is left to the reader, also a last line without line feed; what the reader knew then. */
  async end(tools: TurnTools): Promise<string | undefined> {
    const rest = await this.#rest(tools);
    const reader = this.#open();
    reader.end(rest);
    const snapshot = reader.snapshot();
    this.#forgetReader();
    return snapshot;
  }

  /** As `finish`, but the reader goes on with `next`, the file that took this one's path. */
  async handOver(next: AppendedFile, tools: TurnTools): Promise<void> {
    const rest = await this.#rest(tools);
    const reader = this.#open();
    if (rest !== undefined) reader.push(Buffer.concat([rest, Buffer.from("\n")]));
    reader.restart(next.path);
    next.#reader = reader;
    next.#readerPath = next.path;
    this.#forgetReader();
  }

  stored(): StoredFile {
    const reader = this.#reader === undefined ? this.#snapshot() : this.#reader.snapshot();
    return {
      path: this.stream,
      order: this.order,
      offset: this.#offset,
      seam: this.#seam.toString("base64"),
      ...(this.#skipping && { skipping: true }),
      ...(this.#idle && { idle: true }),
      ...(reader !== undefined && { reader }),
    };
  }

  /** From `#offset` on; undefined where what lies before it is not what was read there. */
  async #read({ opened, buffer }: TurnTools): Promise<Buffer | undefined> {
    const handle = await opened.use(this);
    const seam = this.#seam.length;
    const length = Math.min(buffer.length, seam + this.#seen - this.#offset + TURN_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, length, this.#offset - seam);
    if (bytesRead < seam || this.#seam.compare(buffer, 0, seam) !== 0) return undefined;
    return buffer.subarray(seam, bytesRead);
  }

  /** Undefined also where it can no longer be read. */
  async #readWhereItIs(tools: TurnTools): Promise<Buffer | undefined> {
    try {
      return await this.#read(tools);
    } catch (error) {
      if (!(error instanceof MovedError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
      tools.tell(this, "rest lost", `${this.path}: its last line was cut and it is gone: ${(error as Error).message}`);
      return undefined;
    }
  }

  #take(bytes: Buffer, tools: TurnTools): void {
    const { start, end, done, skipping, tooLong } = cutLines(bytes, this.#skipping);
    if (tooLong) this.#tellTooLong(this.#offset + end, tools);
    if (end > start) this.#open().push(bytes.subarray(start, end));
    this.#moveOn(bytes, done);
    this.#idle = false;
    this.#skipping = skipping;
  }

  #moveOn(bytes: Buffer, done: number): void {
    if (done === 0) return;
    const seam = Buffer.concat([this.#seam, bytes.subarray(Math.max(0, done - SEAM_BYTES), done)]);
    // A copy: the bytes are of the buffer that all share.
    this.#seam = Buffer.from(seam.subarray(-SEAM_BYTES));
    this.#offset += done;
  }

  #tellTooLong(at: number, tools: TurnTools): void {
    const { counts } = this.source;
    counts.badLines += 1;
    counts.lastBad = `${this.path}: byte ${at}: found a line of more than ${MAX_LINE} bytes, expected a shorter one`;
    tools.tell(this, "line too long", `${counts.lastBad}; it is skipped`);
  }

  #startOver(tools: TurnTools, found: string): void {
    if (this.draining) {
      this.#size = this.#seen;
      return;
    }
    this.source.counts.truncations += 1;
    tools.tell(
      this,
      "start over",
      `${this.path}: ${found}; it was truncated or replaced and is read from its beginning`,
    );
    this.#offset = 0;
    this.#seen = 0;
    this.#seam = Buffer.alloc(0);
    this.#skipping = false;
    const reader = this.#open();
    if (this.#readerPath === this.path) reader.restart(this.path);
    else {
      // The disk gave the place of a file that was deleted to one of another name.
      reader.end(undefined);
      this.#forgetReader();
    }
  }

  #forgetReader(): void {
    this.#reader = undefined;
    this.#readerPath = this.path;
    this.#snapshot = () => undefined;
  }

  #open(): LineReader {
    if (this.#reader === undefined) {
      this.#reader = this.source.open(this.#readerPath, this.#snapshot());
      if (this.#goesOn) this.#reader.restart(this.path);
      this.#goesOn = false;
    }
    return this.#reader;
  }

  /** The last line without line feed; undefined where there is none, it is too long, or it can no longer be read. */
  async #rest(tools: TurnTools): Promise<Buffer | undefined> {
    if (this.#seen === this.#offset || this.#skipping) return undefined;
    const bytes = await this.#readWhereItIs(tools);
    if (bytes === undefined || bytes.length === 0) return undefined;
    const rest = Buffer.from(bytes);
    this.#moveOn(rest, rest.length);
    this.#seen = this.#offset;
    return rest;
  }
}
