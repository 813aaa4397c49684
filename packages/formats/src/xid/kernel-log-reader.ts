import type { Buffer } from "node:buffer";
import { ByteLines } from "../collective-lines/byte-lines.ts";
import { type LineProblem, shown } from "../collective-lines/line-problem.ts";
import { readKernelLine, tellsError, type XidEvent } from "./kernel-line.ts";
import type { LineClock } from "./line-stamp.ts";

export type KernelLogOptions = {
  /** `gpu` is the UUID at the event's address, where a line before told it or `uuids` did. */
  readonly onEvent: (event: XidEvent, gpu: string | undefined) => void;
  /** A line that means to tell an error and cannot be read. Lines of other kinds are no problem. */
  readonly onProblem: (problem: LineProblem) => void;
  readonly clock?: LineClock;
  /** GPU UUIDs by address ("0000:9b:00") that are already known. */
  readonly uuids?: ReadonlyMap<string, string>;
  readonly firstLine?: number;
};

const maxLine = 1 << 16;
const maxGpus = 4096;

/** Reads the errors of GPUs and NVSwitches out of a kernel log that comes in pieces; one reader for each machine's log. */
export class KernelLogReader {
  readonly #options: KernelLogOptions;
  readonly #lines: ByteLines;
  readonly #uuids: Map<string, string>;

  constructor(options: KernelLogOptions) {
    this.#options = options;
    this.#uuids = new Map(options.uuids);
    this.#lines = new ByteLines({
      onLine: (bytes, start, end, line) => this.#read(bytes, start, end, line),
      onTooLong: (length, line) =>
        options.onProblem({ line, field: "line", found: `${length} bytes`, expected: `at most ${maxLine} bytes` }),
      maxLength: maxLine,
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

  /** GPU UUIDs by address, as far as told. */
  get uuids(): ReadonlyMap<string, string> {
    return this.#uuids;
  }

  #read(bytes: Buffer, start: number, end: number, line: number): void {
    const text = bytes.toString("utf8", start, end);
    const read = readKernelLine(text, this.#options.clock);
    if (read?.kind === "xid") this.#options.onEvent(read, this.#uuids.get(read.pci));
    else if (read?.kind === "gpu") {
      if (this.#uuids.size < maxGpus || this.#uuids.has(read.pci)) this.#uuids.set(read.pci, read.uuid);
    } else if (tellsError(text))
      this.#options.onProblem({
        line,
        field: "line",
        found: shown(text),
        expected: "Xid (PCI:0000:9b:00): code, text",
      });
  }
}
