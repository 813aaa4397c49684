import type { Buffer } from "node:buffer";
import { ByteLines } from "../collective-lines/byte-lines.ts";
import type { LineProblem } from "../collective-lines/line-problem.ts";
import { type InspectorContext, parseRecord } from "./parse-record.ts";
import { type InspectorRecord, isProblem } from "./record.ts";
import { RecordScanner } from "./scan-record.ts";

export type InspectorReaderOptions = {
  readonly job: string;
  readonly onRecord: (record: InspectorRecord) => void;
  /** A line that was skipped. */
  readonly onProblem: (problem: LineProblem) => void;
  /** The number of the first line, where reading does not begin at the file's beginning; else 1. */
  readonly firstLine?: number;
  /** Of the reader that read up to here; needed where it had one. */
  readonly context?: InspectorContext | undefined;
};

/** Bytes of a line; longer ones are skipped and reported. */
export const maxInspectorLine = 1 << 20;

/** Reads an NCCL Inspector file (JSON lines, v4.0 and later) that comes in pieces; one reader for each file. */
export class InspectorReader {
  readonly #options: InspectorReaderOptions;
  readonly #scanner: RecordScanner;
  readonly #lines: ByteLines;
  #context: InspectorContext | undefined;

  constructor(options: InspectorReaderOptions) {
    this.#options = options;
    this.#scanner = new RecordScanner(options.job);
    this.#context = options.context;
    this.#scanner.context = options.context;
    this.#lines = new ByteLines({
      onLine: (bytes, start, end, line) => this.#read(bytes, start, end, line),
      onTooLong: (length, line) => this.#tooLong(length, line),
      maxLength: maxInspectorLine,
      firstLine: options.firstLine ?? 1,
    });
  }

  push(piece: Uint8Array): void {
    this.#lines.push(piece);
  }

  /** The file is whole: its last line is read even if it has no line feed. Not for files that still grow. */
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

  /** To be given to the reader that goes on from here. */
  get context(): InspectorContext | undefined {
    return this.#context;
  }

  #read(bytes: Buffer, start: number, end: number, line: number): void {
    const record = this.#scanner.scan(bytes, start, end);
    if (record !== undefined) {
      this.#options.onRecord(record);
      return;
    }
    const text = bytes.toString("utf8", start, end).trim();
    if (text === "") return;
    const { read, context } = parseRecord(this.#options.job, text, this.#context);
    this.#context = context;
    this.#scanner.context = context;
    if (read === undefined) return;
    if (isProblem(read)) this.#options.onProblem({ line, ...read });
    else this.#options.onRecord(read);
  }

  #tooLong(length: number, line: number): void {
    const expected = `at most ${maxInspectorLine} bytes. Is this an NCCL Inspector file?`;
    this.#options.onProblem({ line, field: "line", found: `${length} bytes`, expected });
  }
}
