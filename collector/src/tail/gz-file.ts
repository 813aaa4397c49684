/**
 * A file of lines in gzip: read once it no longer grows, from the beginning each time. Its position counts the bytes that come
 * out, so that what was read before a restart, or before it turned out to be cut, is not given again.
 */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import type { FollowedFile, Look, TurnTools } from "./followed-file.ts";
import { cutLines, MAX_LINE } from "./line-cutter.ts";
import type { LineReader, Source } from "./line-reader.ts";
import type { StoredFile } from "./tail-state.ts";

type LineSource = Extract<Source, { follows: "lines" }>;
type Unpacked = AsyncIterator<Buffer> & { readonly signature: string };

const CHUNK_BYTES = 256 * 1024;
/** Looks that find no change before it is read. */
const QUIET_LOOKS = 2;
/** Of what comes out; a small file can be made to say terabytes. */
const MAX_UNPACKED_BYTES = 64 * 2 ** 30;

export class GzFile implements FollowedFile {
  readonly id: string;
  readonly resumes = true;
  readonly source: LineSource;
  path: string;
  #signature = "";
  #size = 0;
  #quiet = 0;
  /** Of what was read to its end, or given up. */
  #done: string | undefined;
  /** Of what comes out: taken, and come out since this stream began. */
  #offset: number;
  #passed = 0;
  #skipping: boolean;
  #rest: Buffer = Buffer.alloc(0);
  #unpacked: Unpacked | undefined;
  #reader: LineReader | undefined;
  #snapshot: () => string | undefined;

  constructor(
    place: { id: string; path: string; source: LineSource },
    stored: StoredFile | undefined,
    snapshot: () => string | undefined,
  ) {
    this.id = place.id;
    this.path = place.path;
    this.source = place.source;
    this.#offset = stored?.offset ?? 0;
    this.#skipping = stored?.skipping ?? false;
    this.#done = stored?.signature;
    this.#snapshot = snapshot;
  }

  get behind(): number {
    return this.#done === this.#signature ? 0 : this.#size;
  }

  get pending(): boolean {
    return this.#unpacked !== undefined || (this.#done !== this.#signature && this.#quiet >= QUIET_LOOKS);
  }

  noticed({ size, signature }: Look): void {
    this.#quiet = signature === this.#signature ? this.#quiet + 1 : 0;
    this.#size = size;
    this.#signature = signature;
  }

  async turn(tools: TurnTools): Promise<number> {
    this.#unpacked ??= this.#begin();
    const stream = this.#unpacked;
    try {
      const { done, value } = await stream.next();
      if (done === true) await this.#end();
      else this.#take(value, tools);
      return done === true ? 0 : value.length;
    } catch (error) {
      await this.#giveUp(error as NodeJS.ErrnoException, tools);
      return 0;
    }
  }

  async finish(): Promise<void> {
    await this.#unpacked?.return?.();
    this.#unpacked = undefined;
    this.#reader?.end(undefined);
    this.#reader = undefined;
  }

  idle(): void {}

  stored(): StoredFile {
    const reader = this.#reader === undefined ? this.#snapshot() : this.#reader.snapshot();
    return {
      path: this.path,
      offset: this.#offset,
      seam: "",
      ...(this.#skipping && { skipping: true }),
      ...(this.#done !== undefined && { signature: this.#done }),
      ...(reader !== undefined && { reader }),
    };
  }

  #begin(): Unpacked {
    this.#passed = 0;
    this.#rest = Buffer.alloc(0);
    const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
    const file = createReadStream(this.path);
    file.on("error", (error) => gunzip.destroy(error));
    gunzip.on("close", () => file.destroy());
    file.pipe(gunzip);
    return Object.assign(gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>, { signature: this.#signature });
  }

  #take(chunk: Buffer, tools: TurnTools): void {
    const known = Math.min(chunk.length, Math.max(0, this.#offset - this.#passed));
    this.#passed += chunk.length;
    if (this.#passed > MAX_UNPACKED_BYTES) throw new Error(`found more than ${MAX_UNPACKED_BYTES} bytes in it`);
    if (known === chunk.length) return;
    const fresh = chunk.subarray(known);
    this.source.counts.bytes += fresh.length;
    const bytes = this.#rest.length === 0 ? fresh : Buffer.concat([this.#rest, fresh]);
    const { start, end, done, skipping, tooLong } = cutLines(bytes, this.#skipping);
    if (end > start) this.#open().push(bytes.subarray(start, end));
    if (tooLong) {
      this.source.counts.badLines += 1;
      tools.tell(this, "line too long", `${this.path}: found a line of more than ${MAX_LINE} bytes; it is skipped`);
    }
    this.#offset += done;
    this.#skipping = skipping;
    this.#rest = Buffer.from(bytes.subarray(done));
  }

  async #end(): Promise<void> {
    const { signature } = this.#unpacked!;
    this.#unpacked = undefined;
    // It grew while it was read: the rest of its last line may be there by now.
    if (signature !== this.#signature) return;
    this.#done = signature;
    const rest = this.#rest.length === 0 ? undefined : this.#rest;
    this.#offset += this.#rest.length;
    this.#rest = Buffer.alloc(0);
    this.#open().end(rest);
    this.#reader = undefined;
    this.#snapshot = () => undefined;
  }

  /** What came out before is kept; the next try waits for the file to change. */
  async #giveUp(error: NodeJS.ErrnoException, tools: TurnTools): Promise<void> {
    const signature = this.#unpacked?.signature;
    this.#unpacked = undefined;
    this.#rest = Buffer.alloc(0);
    if (error.code === "ENOENT" || error.code === "EACCES" || error.code === "EPERM") throw error;
    this.#done = signature;
    const cut = error.code === "Z_BUF_ERROR";
    const reason = cut ? "its end is missing" : `it cannot be unpacked: ${error.message}`;
    tools.tell(this, cut ? "gz cut" : "gz broken", `${this.path}: ${reason}; it is read on when it changes`);
  }

  #open(): LineReader {
    this.#reader ??= this.source.open(this.path, this.#snapshot());
    return this.#reader;
  }
}
