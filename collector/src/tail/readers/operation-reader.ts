/** From the lines of a file of operations to step rows. */
import type { StepRow } from "@lockstep/analysis/fold/step-row";
import type { LineReader } from "../line-reader.ts";
import { type OpenFold, ProcessFolds } from "./process-folds.ts";

/** A reader of packages/formats; one reads the lines of one file. */
export type OperationLines = {
  push(lines: Uint8Array): void;
  end(): void;
  readonly nextLine: number;
  /** What it needs besides the number of the next line to go on; to be kept as JSON. */
  readonly context?: unknown;
};

/** Of what a snapshot holds. One of another version is left aside: then the steps are found anew. */
const VERSION = 1;

/** Of the reader before, as JSON. */
type Snapshot = {
  readonly version: typeof VERSION;
  readonly nextLine: number;
  readonly context?: unknown;
  readonly folds: readonly [key: string, snapshot: string][];
};

export type OperationReaderOptions = {
  readonly path: string;
  readonly snapshot: string | undefined;
  readonly openFold: OpenFold;
  readonly onRow: (row: StepRow) => void;
  /** The folds that are in use. */
  readonly folding: Set<ProcessFolds>;
  readonly onLines: (count: number) => void;
  readonly openLines: (
    at: { path: string; firstLine: number; context: unknown },
    folds: ProcessFolds,
  ) => OperationLines;
};

export function openOperationReader(options: OperationReaderOptions): LineReader {
  const { openFold, onRow, onLines, openLines, folding } = options;
  const before = readSnapshot(options.snapshot);
  const folds = new ProcessFolds(openFold, onRow, before?.folds);
  folding.add(folds);
  const start = { path: options.path, firstLine: before?.nextLine ?? 1, context: before?.context };
  let lines = openLines(start, folds);
  const counted = (act: () => void) => {
    const first = lines.nextLine;
    act();
    onLines(lines.nextLine - first);
  };
  return {
    push: (bytes) => counted(() => lines.push(bytes)),
    restart: (path) => {
      lines = openLines({ path, firstLine: 1, context: lines.context }, folds);
    },
    end: (rest) => {
      counted(() => {
        if (rest !== undefined) lines.push(rest);
        lines.end();
      });
      folds.flush();
      folding.delete(folds);
    },
    idle: () => folds.flush(),
    close: () => {
      folding.delete(folds);
    },
    snapshot: () => {
      const { nextLine, context } = lines;
      return JSON.stringify({ version: VERSION, nextLine, context, folds: folds.snapshots() } satisfies Snapshot);
    },
  };
}

function readSnapshot(text: string | undefined): Snapshot | undefined {
  const snapshot = text === undefined ? undefined : (JSON.parse(text) as Snapshot);
  return snapshot?.version === VERSION ? snapshot : undefined;
}
