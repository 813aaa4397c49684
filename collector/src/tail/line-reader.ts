/** What stands above a followed file: it makes of its lines what the collector sends on. */
export type LineReader = {
  /** Whole lines, each with its line feed. The bytes are valid during the call only. */
  push(lines: Buffer): void;
  /** The same stream goes on in another file or from the beginning of this one: a rotation, a truncation. */
  restart(path: string): void;
  /** Nothing follows; `rest` is the last line where it has no line feed. */
  end(rest: Buffer | undefined): void;
  /** Nothing came for long, as if nothing followed; but more may. */
  idle(): void;
  /** It is not used again; its snapshot was taken. */
  close(): void;
  /** For the reader that goes on behind what was pushed; same lines from there on, same results. */
  snapshot(): string | undefined;
};

/** A file that is read whole, again whenever it changed. */
export type WholeReader = {
  /** Undefined where it was taken; else what is wrong with it: it may be cut, and is tried again when it has changed. */
  take(bytes: Buffer, changedAtMs: number): string | undefined;
};

/** What to do with the files of one configured source. */
export type Source = {
  /** "lockstep.traces[2]", or another name by which messages and pages speak of it. */
  readonly name: string;
  /** For `findFiles`. */
  readonly files: string;
  /** Picks among the files of a folder. */
  readonly accepts: (name: string) => boolean;
  readonly counts: SourceCounts;
} & (
  | {
      readonly follows: "lines";
      /** Whether character devices such as /dev/kmsg are read too. */
      readonly devices: boolean;
      readonly open: (path: string, snapshot: string | undefined) => LineReader;
    }
  | { readonly follows: "whole"; readonly maxBytes: number; readonly open: (path: string) => WholeReader }
);

/** Of one source since the start, and what is so now. Plain numbers, read by self-metrics and the Targets page. */
export type SourceCounts = {
  /** Followed now. */
  files: number;
  /** Of them, those that cannot be read now. */
  unreadable: number;
  /** Behind: bytes there and not read yet, as of the last look. */
  behindBytes: number;
  bytes: number;
  lines: number;
  badLines: number;
  /** "node-7-pid12.log: line 3, header: found ..., expected ...". */
  lastBad: string | undefined;
  /** What is wrong as a whole: nothing there yet, a folder that cannot be listed. */
  problem: string | undefined;
  operations: number;
  rows: number;
  events: number;
  dumps: number;
  samples: number;
  rotations: number;
  truncations: number;
  /** Milliseconds since 1970. */
  lastReadAt: number | undefined;
};

export function newCounts(): SourceCounts {
  return {
    files: 0,
    unreadable: 0,
    behindBytes: 0,
    bytes: 0,
    lines: 0,
    badLines: 0,
    lastBad: undefined,
    problem: undefined,
    operations: 0,
    rows: 0,
    events: 0,
    dumps: 0,
    samples: 0,
    rotations: 0,
    truncations: 0,
    lastReadAt: undefined,
  };
}
