import { Buffer } from "node:buffer";

export type ByteLinesOptions = {
  /** A whole line without its line feed, in `bytes` from `start` to `end`; only valid during the call. */
  readonly onLine: (bytes: Buffer, start: number, end: number, line: number) => void;
  /** A line that was skipped because it is longer than `maxLength`. */
  readonly onTooLong: (length: number, line: number) => void;
  readonly maxLength: number;
  /** The number of the first line, where reading does not begin at the beginning; else 1. */
  readonly firstLine?: number;
};

const lineFeed = 10;

/** Lines of a byte stream that comes in pieces. Holds at most one line of `maxLength`. */
export class ByteLines {
  readonly #options: ByteLinesOptions;
  #line: number;
  #kept: Buffer = Buffer.alloc(0);
  #carried = 0;

  constructor(options: ByteLinesOptions) {
    this.#options = options;
    this.#line = options.firstLine ?? 1;
  }

  /** Bytes of the last line that has no end yet: a reader that resumes begins that many bytes before where it was. */
  get carried(): number {
    return this.#carried;
  }

  /** The number of the line that comes next or is not yet whole. */
  get nextLine(): number {
    return this.#line;
  }

  push(piece: Uint8Array): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    let from = 0;
    for (let to = bytes.indexOf(lineFeed); to >= 0; to = bytes.indexOf(lineFeed, from)) {
      if (this.#carried === 0) this.#give(bytes, from, to, to - from);
      else {
        this.#keep(bytes, from, to);
        this.#giveKept();
      }
      from = to + 1;
    }
    this.#keep(bytes, from, bytes.length);
  }

  /** Nothing follows: the last line is whole even without a line feed. */
  end(): void {
    if (this.#carried > 0) this.#giveKept();
  }

  #giveKept(): void {
    const length = this.#carried;
    this.#carried = 0;
    this.#give(this.#kept, 0, length, length);
  }

  #give(bytes: Buffer, start: number, end: number, length: number): void {
    const line = this.#line++;
    if (length > this.#options.maxLength) this.#options.onTooLong(length, line);
    else this.#options.onLine(bytes, start, end, line);
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const length = this.#carried + to - from;
    // Of a line too long only the length is still of interest.
    if (length <= this.#options.maxLength) {
      if (length > this.#kept.length) this.#grow(length);
      bytes.copy(this.#kept, this.#carried, from, to);
    } else this.#kept = Buffer.alloc(0);
    this.#carried = length;
  }

  #grow(length: number): void {
    const larger = Buffer.alloc(Math.min(Math.max(length, this.#kept.length * 2, 4096), this.#options.maxLength));
    this.#kept.copy(larger, 0, 0, this.#carried);
    this.#kept = larger;
  }
}
