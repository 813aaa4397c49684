/** What each kind of trace of the configuration is read by. */
import type { StepRow } from "@lockstep/analysis/fold/step-row";
import type { TraceSource } from "@lockstep/config/config";
import { CollectiveLinesReader } from "@lockstep/formats/collective-lines/collective-lines-reader";
import { InspectorReader } from "@lockstep/formats/inspector/inspector-reader";
import type { InspectorContext } from "@lockstep/formats/inspector/parse-record";
import type { TraceKind } from "@lockstep/schemas/files/prometheus-yml";
import { newCounts, type Source } from "../line-reader.ts";
import type { Outbox } from "../outbox.ts";
import { MAX_DUMP_BYTES, openDumpReader } from "./flight-recorder.ts";
import { MAX_PAGE_BYTES, openPageReader } from "./inspector-prom.ts";
import { jobOfFile } from "./job-of-file.ts";
import { type Machine, openKernelReader } from "./kernel-log.ts";
import { LineCounter } from "./line-counter.ts";
import { openOperationReader } from "./operation-reader.ts";
import type { OpenFold, ProcessFolds } from "./process-folds.ts";

export type SourceOptions = {
  readonly outbox: Outbox;
  readonly openFold: OpenFold;
  /** Gets the folds that are in use. */
  readonly folding: Set<ProcessFolds>;
  readonly machine: Machine;
  /** A person, of the first thing wrong in a file. */
  readonly tell: (path: string, message: string) => void;
};

/** A source for the files of `trace`; `name` is what messages and pages call it. */
export function sourceOf(trace: TraceSource, name: string, options: SourceOptions): Source {
  const base = {
    name,
    files: trace.files,
    accepts: (file: string) => ACCEPTED[trace.kind].test(file),
    counts: newCounts(),
  };
  switch (trace.kind) {
    case "inspector":
      return { ...base, follows: "lines", devices: false, open: inspectorOpener(base, trace.job, options) };
    case "lines":
      return { ...base, follows: "lines", devices: false, open: linesOpener(base, trace.job, options) };
    case "kernel_log":
      return {
        ...base,
        follows: "lines",
        devices: true,
        open: (path, snapshot) => openKernelReader(path, snapshot, base, options),
      };
    case "inspector_prom":
      return {
        ...base,
        follows: "whole",
        maxBytes: MAX_PAGE_BYTES,
        open: (path) => openPageReader(path, base, options),
      };
    case "flight_recorder": {
      const { job } = trace;
      return {
        ...base,
        follows: "whole",
        maxBytes: MAX_DUMP_BYTES,
        open: (path) => openDumpReader(path, job, base, options),
      };
    }
  }
}

/** Of the files of a folder, by name; hidden ones are still being written by whoever will rename them. */
const ACCEPTED: Readonly<Record<TraceKind, RegExp>> = {
  inspector: /^[^.].*\.(?:log|jsonl)(?:\.gz)?$/,
  lines: /^[^.].*\.(?:log|jsonl)(?:\.gz)?$/,
  inspector_prom: /^[^.].*\.prom$/,
  flight_recorder: /^[^.].*\d(?:\.[a-z]+)*$/i,
  kernel_log: /^(?:kern|messages|syslog|dmesg|kmsg)/,
};

type LineSource = Extract<Source, { follows: "lines" }>;
type Base = Pick<Source, "counts">;

function inspectorOpener({ counts }: Base, configured: string | undefined, options: SourceOptions): LineSource["open"] {
  return (path, snapshot) =>
    openOperationReader({
      ...rowsOf({ counts }, options),
      path,
      snapshot,
      openLines: (at, folds) =>
        new InspectorReader({
          job: configured ?? jobOfFile(at.path),
          firstLine: at.firstLine,
          context: at.context as InspectorContext | undefined,
          onProblem: new LineCounter(counts, at.path, options.tell).problem,
          onRecord: ({ operation }) => {
            counts.operations += 1;
            folds.add(operation);
          },
        }),
    });
}

function linesOpener({ counts }: Base, configured: string | undefined, options: SourceOptions): LineSource["open"] {
  return (path, snapshot) =>
    openOperationReader({
      ...rowsOf({ counts }, options),
      path,
      snapshot,
      openLines: (at, folds) =>
        new CollectiveLinesReader({
          job: configured ?? jobOfFile(at.path),
          firstLine: at.firstLine,
          onProblem: new LineCounter(counts, at.path, options.tell).problem,
          onOperation: (operation) => {
            counts.operations += 1;
            folds.add(configured === undefined ? operation : { ...operation, job: configured });
          },
        }),
    });
}

function rowsOf({ counts }: Base, { outbox, openFold, folding }: SourceOptions) {
  return {
    openFold,
    folding,
    onRow: (row: StepRow) => {
      counts.rows += 1;
      outbox.row(row);
    },
    onLines: (count: number) => {
      counts.lines += count;
    },
  };
}
