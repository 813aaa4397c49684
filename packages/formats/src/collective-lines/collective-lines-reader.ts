import type { Buffer } from "node:buffer";
import type { Operation } from "@lockstep/schemas/domain/operation";
import { ByteLines } from "./byte-lines.ts";
import type { LineProblem } from "./line-problem.ts";
import { MemberMemory } from "./member-memory.ts";
import { parseCollectiveLine } from "./parse-line.ts";

export type CollectiveLinesOptions = {
  readonly onOperation: (operation: Operation) => void;
  /** A line that was skipped. */
  readonly onProblem: (problem: LineProblem) => void;
  /** Of lines that name none. */
  readonly job?: string;
  /** The number of the first line, where reading does not begin at the beginning; else 1. */
  readonly firstLine?: number;
};

/** Bytes of a line; longer ones are skipped and reported. A communicator of 16,384 members takes a tenth of it. */
export const maxCollectiveLine = 1 << 20;

/** Reads the JSON lines of operations that come in pieces, from a file or a request; one reader for each of them. */
export class CollectiveLinesReader {
  readonly #options: CollectiveLinesOptions;
  readonly #lines: ByteLines;
  readonly #members = new MemberMemory();

  constructor(options: CollectiveLinesOptions) {
    this.#options = options;
    this.#lines = new ByteLines({
      onLine: (bytes, start, end, line) => this.#read(bytes, start, end, line),
      onTooLong: (length, line) => this.#tooLong(length, line),
      maxLength: maxCollectiveLine,
      firstLine: options.firstLine ?? 1,
    });
  }

  push(piece: Uint8Array): void {
    this.#lines.push(piece);
  }

  /** Nothing follows: the last line is read even if it has no line feed. Not for files that still grow. */
  end(): void {
    this.#lines.end();
  }

  /** Bytes of the cut last line: where to resume is that many bytes before what was pushed. */
  get carried(): number {
    return this.#lines.carried;
  }

  /** The number of the line that comes next or is not yet whole. */
  get nextLine(): number {
    return this.#lines.nextLine;
  }

  #read(bytes: Buffer, start: number, end: number, line: number): void {
    const text = bytes.toString("utf8", start, end).trim();
    if (text === "") return;
    const read = parseCollectiveLine(text, this.#options.job, this.#members);
    if ("expected" in read) this.#options.onProblem({ line, ...read });
    else this.#options.onOperation(read);
  }

  #tooLong(length: number, line: number): void {
    const expected = `at most ${maxCollectiveLine} bytes`;
    this.#options.onProblem({ line, field: "line", found: `${length} bytes`, expected });
  }
}
