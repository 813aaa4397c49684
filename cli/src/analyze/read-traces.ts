/** Reads every file by the reader of its kind. What cannot be read is told and left out; the rest is judged. */
import type { TopologyHints } from "@lockstep/analysis/topology/infer-topology";
import { readTopologyFile } from "@lockstep/analysis/topology/topology-file";
import { CollectiveLinesReader } from "@lockstep/formats/collective-lines/collective-lines-reader";
import { type LineProblem, problemText } from "@lockstep/formats/collective-lines/line-problem";
import { recordedRank, runFromRecords } from "@lockstep/formats/collective-lines/recorded-run";
import { InspectorReader } from "@lockstep/formats/inspector/inspector-reader";
import { jobOfInspectorFolder } from "@lockstep/formats/inspector/job-of-folder";
import type { NcclTest } from "@lockstep/formats/nccl-tests/nccl-test";
import { readNcclTests } from "@lockstep/formats/nccl-tests/read-nccl-tests";
import type { RasReport } from "@lockstep/formats/ras/ras-report";
import { readRas } from "@lockstep/formats/ras/read-ras";
import { readStepTrace } from "@lockstep/formats/step-trace/read-step-trace";
import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import type { Operation } from "@lockstep/schemas/domain/operation";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "./parquet-compressors.ts";
import { recognise, type TraceKind } from "./recognise.ts";
import { contentOf, messageOf, type TraceFile } from "./trace-files.ts";

export type Traces = {
  readonly operations: readonly Operation[];
  readonly tests: readonly NcclTest[];
  readonly stepTraces: readonly { readonly job: string; readonly trace: StepTrace }[];
  /** In the order of their files' names. */
  readonly ras: readonly RasReport[];
  /** What a topology file tells of the ranks. */
  readonly topology: TopologyHints["ranks"];
  /** One line for each thing that could not be read, as people are told. */
  readonly problems: readonly string[];
  readonly counts: Readonly<Partial<Record<TraceKind, number>>>;
};

/** Of one file; what is beyond is counted. */
const TOLD_PROBLEMS = 3;
/** Beyond it memory runs out before there is a verdict: about 200 bytes each. */
const MAX_OPERATIONS = 20_000_000;

class Reading {
  readonly operations: Operation[] = [];
  readonly tests: NcclTest[] = [];
  readonly stepTraces: { job: string; trace: StepTrace }[] = [];
  readonly ras: RasReport[] = [];
  topology: TopologyHints["ranks"];
  readonly recordedRuns: { file: TraceFile; json: unknown }[] = [];
  readonly problems: string[] = [];
  readonly unknown: string[] = [];
  readonly counts: Partial<Record<TraceKind, number>> = {};
  readonly #job: string | undefined;

  constructor(job: string | undefined) {
    this.#job = job;
  }

  async file(file: TraceFile): Promise<void> {
    const content = contentOf(file);
    const kind = recognise(content);
    if (kind === undefined) {
      this.unknown.push(file.name);
      return;
    }
    if (kind === "flight_recorder" || kind === "inspector_prom") {
      this.problems.push(`${file.name}: ${NOT_READ[kind]}`);
      return;
    }
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    if (kind === "inspector") this.#inspector(file, content);
    else if (kind === "lines") this.#lines(file, content);
    else if (kind === "nccl_tests") this.#ncclTests(file, content);
    else if (kind === "ras") this.#rasReport(file, content);
    else if (kind === "topology") this.topology = readTopologyFile(file.name, JSON.parse(content.toString("utf8")));
    else if (kind === "step_trace") await this.#stepTrace(file, content);
    else this.recordedRuns.push({ file, json: JSON.parse(content.toString("utf8")) });
  }

  #inspector(file: TraceFile, content: Buffer): void {
    const told = this.#problemsOf(file);
    const reader = new InspectorReader({
      job: this.#job ?? jobOfInspectorFolder(file.folder) ?? file.folder,
      onRecord: ({ operation }) => this.#take(operation),
      onProblem: told.tell,
    });
    reader.push(content);
    reader.end();
    told.end();
  }

  #lines(file: TraceFile, content: Buffer): void {
    const told = this.#problemsOf(file);
    const reader = new CollectiveLinesReader({
      onOperation: (operation) => this.#take(operation),
      onProblem: told.tell,
      ...(this.#job !== undefined && { job: this.#job }),
    });
    reader.push(content);
    reader.end();
    told.end();
  }

  #ncclTests(file: TraceFile, content: Buffer): void {
    const { tests, errors } = readNcclTests(content.toString("utf8"), file.name);
    this.tests.push(...tests);
    for (const { line, text } of errors.slice(0, TOLD_PROBLEMS)) this.problems.push(`${file.name}:${line}: ${text}`);
  }

  #rasReport(file: TraceFile, content: Buffer): void {
    const report = readRas(content.toString("utf8"));
    this.ras.push(report);
    for (const { field, found, expected } of report.problems.slice(0, TOLD_PROBLEMS)) {
      this.problems.push(`${file.name}, ${field}: found ${found}, expected ${expected}`);
    }
  }

  async #stepTrace(file: TraceFile, content: Buffer): Promise<void> {
    const buffer = content.buffer.slice(content.byteOffset, content.byteOffset + content.length) as ArrayBuffer;
    const rows = await parquetReadObjects({ file: buffer, compressors });
    const trace = readStepTrace(rows as Record<string, unknown>[]);
    this.stepTraces.push({ job: this.#job ?? file.folder, trace });
    if (trace.skippedRows > 0) this.problems.push(`${file.name}: ${trace.skippedRows} rows cannot be used`);
  }

  /** The size of a run is known when all of its files are. */
  recorded(): void {
    const size = Math.max(0, ...this.recordedRuns.map(({ json }) => (recordedRank(json) ?? -1) + 1));
    for (const { file, json } of this.recordedRuns) {
      try {
        for (const operation of runFromRecords(file.name, json, { job: this.#job ?? file.folder, size })) {
          this.#take(operation);
        }
      } catch (error) {
        this.problems.push(messageOf(error));
      }
    }
  }

  #take(operation: Operation): void {
    if (this.operations.length >= MAX_OPERATIONS) {
      throw new Error(`more than ${MAX_OPERATIONS} operations; give fewer files or a shorter time`);
    }
    this.operations.push(operation);
  }

  #problemsOf(file: TraceFile) {
    let found = 0;
    return {
      tell: (problem: LineProblem) => {
        found += 1;
        if (found <= TOLD_PROBLEMS) this.problems.push(`${file.name}:${problemText(problem)}`);
      },
      end: () => {
        if (found > TOLD_PROBLEMS) this.problems.push(`${file.name}: ${found - TOLD_PROBLEMS} more lines like these`);
      },
    };
  }
}

const NOT_READ: Readonly<Record<"flight_recorder" | "inspector_prom", string>> = {
  flight_recorder: "a Flight Recorder dump; `lockstep analyze flight-recorder DIR` reads them",
  inspector_prom:
    "NCCL Inspector's Prometheus form has means of half a minute and no ranks; the lines (.log) are needed",
};

/** `onFile` is told before each file, for progress. */
export async function readTraces(
  files: readonly TraceFile[],
  job: string | undefined,
  onFile: (index: number) => void,
): Promise<Traces> {
  const reading = new Reading(job);
  for (const [index, file] of files.entries()) {
    onFile(index);
    try {
      await reading.file(file);
    } catch (error) {
      reading.problems.push(`${file.name}: ${messageOf(error)}`);
    }
  }
  reading.recorded();
  const { operations, tests, stepTraces, ras, topology, counts, unknown } = reading;
  const forms = "NCCL Inspector lines, collective lines, nccl-tests, recorded run, parquet of steps, RAS report";
  const problems = [...reading.problems, ...unknownText(unknown, forms)];
  return { operations, tests, stepTraces, ras, topology, problems, counts };
}

const NAMED_FILES = 3;

/** Folders of traces hold summaries and notes as well: one line for all of them. */
export function unknownText(files: readonly string[], forms: string): string[] {
  if (files.length === 0) return [];
  const named = files.slice(0, NAMED_FILES).join(", ");
  const more = files.length > NAMED_FILES ? ` and ${files.length - NAMED_FILES} more` : "";
  return [`left out, none of the known forms (${forms}): ${named}${more}`];
}
