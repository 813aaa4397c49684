/**
 * The kernel's own log, /dev/kmsg: a read gives one record, and there are no positions to come back to. It holds the last few
 * hundred KB, so each start reads them again; events that come twice replace themselves.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { FollowedFile, TurnTools } from "./followed-file.ts";
import type { LineReader, Source } from "./line-reader.ts";
import type { StoredFile } from "./tail-state.ts";

type LineSource = Extract<Source, { follows: "lines" }>;

const MAX_RECORDS_A_TURN = 1000;
/** The kernel cuts a record at 1 KiB; a smaller buffer than a record is an error. */
const RECORD_BYTES = 16 * 1024;

export class KernelDevice implements FollowedFile {
  readonly id: string;
  readonly resumes = false;
  readonly source: LineSource;
  path: string;
  readonly behind = 0;
  #looked = false;
  #handle: FileHandle | undefined;
  #reader: LineReader | undefined;

  constructor(place: { id: string; path: string; source: LineSource }) {
    this.id = place.id;
    this.path = place.path;
    this.source = place.source;
  }

  get pending(): boolean {
    return this.#looked;
  }

  noticed(): void {
    this.#looked = true;
  }

  async turn({ buffer }: TurnTools): Promise<number> {
    // Without O_NONBLOCK a thread would wait in the kernel for the next record.
    this.#handle ??= await open(this.path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.#reader ??= this.source.open(this.path, undefined);
    let total = 0;
    for (let records = 0; records < MAX_RECORDS_A_TURN; records++) {
      const bytes = await this.#record(this.#handle, buffer);
      if (bytes === 0) {
        this.#looked = false;
        break;
      }
      total += bytes;
      this.#reader.push(withLineFeed(buffer, bytes));
    }
    this.source.counts.bytes += total;
    return total;
  }

  async finish(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    this.#reader?.end(undefined);
    this.#reader = undefined;
    await handle?.close();
  }

  idle(): void {}

  stored(): StoredFile {
    return { path: this.path, offset: 0, seam: "" };
  }

  /** Bytes of the next record; 0 where there is none now. */
  async #record(handle: FileHandle, buffer: Buffer): Promise<number> {
    for (;;) {
      try {
        return (await handle.read(buffer, 0, RECORD_BYTES, null)).bytesRead;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EAGAIN") return 0;
        // EPIPE: the records that came next were overwritten; the read after it gives the oldest there is.
        if (code !== "EPIPE") throw error;
      }
    }
  }
}

function withLineFeed(buffer: Buffer, bytes: number): Buffer {
  if (buffer[bytes - 1] === 10) return buffer.subarray(0, bytes);
  buffer[bytes] = 10;
  return buffer.subarray(0, bytes + 1);
}
