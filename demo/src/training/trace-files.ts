/** The files that training jobs, and the kernels of their nodes, leave on disk: what a collector follows. */
import { appendFileSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../model/cluster.ts";
import type { FlightRecorder } from "./flight-recorder.ts";
import { InspectorFolder } from "./inspector-folder.ts";
import { InspectorLines } from "./inspector-line.ts";
import type { TrainingJob } from "./job.ts";
import { type JobRun, processOf } from "./job-run.ts";
import { kernelLines } from "./kernel-lines.ts";
import type { JobOutput } from "./running-job.ts";
import type { RankOperation } from "./step-engine.ts";

/** Where everything lies, relative to the demo's folder: as the written prometheus.yml names it. */
export const PLACES = {
  /** A folder for each start of a job. */
  inspector: "traces/runs/*/nccl-inspector-*/",
  flightRecorder: (job: string) => `traces/flight-recorder/${job}/nccl_trace_rank_*`,
  kernelLog: "traces/kernel/*/kern.log",
  topology: "traces/topology.json",
  mapping: "traces/gpu-mapping.json",
} as const;

/** 88 processes keep at most 117 MB, and those that ended 70 MB. */
const LIMITS = { fileBytes: 600_000, endedBytes: 35_000_000 };
const SIMULATED = "Simulated by the Lockstep demo: these jobs, their nodes and their GPUs do not exist.\n";
const MAX_KERNEL_LOG_BYTES = 1_000_000;

export type TraceLog = { warn(fields: Record<string, unknown>, message: string): void };

export class TraceFiles {
  readonly #folder: string;
  readonly #log: TraceLog;
  readonly #cluster: Cluster;
  readonly #runs = new Map<string, JobRun>();
  readonly #folders: InspectorFolder[] = [];
  #complained = false;

  /** `folder`: the demo's own. Throws where it cannot be written to. */
  constructor(folder: string, cluster: Cluster, log: TraceLog) {
    this.#folder = folder;
    this.#cluster = cluster;
    this.#log = log;
    mkdirSync(join(folder, "traces"), { recursive: true });
    writeFileSync(join(folder, "traces", "README.txt"), SIMULATED);
    writeFileSync(join(folder, PLACES.mapping), `${JSON.stringify(mappingOf(cluster), null, 1)}\n`);
  }

  /** `named`: whether the job's code names its communicators. */
  readonly outputOf = (job: TrainingJob, named: boolean): JobOutput => {
    const folder = new InspectorFolder(join(this.#folder, "traces", "runs"), LIMITS);
    this.#folders.push(folder);
    let lines: InspectorLines | undefined;
    return {
      begin: (run) => {
        lines = new InspectorLines(run, named);
        this.#runs.set(job.name, run);
        this.#safely(() => {
          folder.begin(run, topologyText(run));
          this.#writeTopology();
        });
      },
      operations: (operations, nowMs) =>
        this.#safely(() => {
          for (const [rank, text] of textByRank(operations, lines!, nowMs)) folder.append(rank, text);
          folder.sweep(nowMs);
        }),
      dump: (run, recorder, gone) => this.#safely(() => this.#dump(run, recorder, gone)),
    };
  };

  close(): void {
    for (const folder of this.#folders) folder.close();
  }

  /** The kernel of the node tells of an XID of its GPU of this number. */
  xid(node: string, number: number, code: number, atMs: number): void {
    const gpu = this.#cluster.gpus.find((each) => each.node === node && each.gpu === number);
    if (gpu === undefined) throw new Error(`there is no GPU ${number} on ${node}`);
    this.#safely(() => {
      const folder = join(this.#folder, "traces", "kernel", gpu.node);
      mkdirSync(folder, { recursive: true });
      const path = join(folder, "kern.log");
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_KERNEL_LOG_BYTES) rmSync(path);
      appendFileSync(path, kernelLines(gpu, code, atMs));
    });
  }

  #dump(run: JobRun, recorder: FlightRecorder, gone: readonly number[]): void {
    const folder = join(this.#folder, "traces", "flight-recorder", run.job.name);
    // Dumps of an earlier hang, or of other ranks, would be taken for this one's.
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const rank of run.job.gpus.keys()) {
      if (!gone.includes(rank)) writeFileSync(join(folder, `nccl_trace_rank_${rank}`), recorder.dump(rank));
    }
  }

  /** The configuration names one file for all jobs, in which a rank stands once: that of the largest job. */
  #writeTopology(): void {
    const [largest] = [...this.#runs.values()].sort((a, b) => b.pids.length - a.pids.length);
    writeFileSync(join(this.#folder, PLACES.topology), topologyText(largest!));
  }

  /** A full disk costs traces, not the demo. */
  #safely(write: () => void): void {
    try {
      write();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      if (!this.#complained) this.#log.warn({ err: error }, "traces of the simulated jobs cannot be written");
      this.#complained = true;
    }
  }
}

function textByRank(operations: readonly RankOperation[], lines: InspectorLines, nowMs: number): Map<number, string> {
  const texts = new Map<number, string>();
  for (const operation of operations) {
    texts.set(operation.rank, (texts.get(operation.rank) ?? "") + lines.line(operation, nowMs));
  }
  return texts;
}

function topologyText(run: JobRun): string {
  const ranks = run.job.gpus.map((gpu, rank) => {
    return { rank, node: gpu.node, gpu: gpu.uuid, process: processOf(run, rank) };
  });
  return `${JSON.stringify({ ranks, simulated: true })}\n`;
}

/** Who uses which GPU, for what pod labels do not tell: the job's or the model's name. */
function mappingOf({ workloads, gpus }: Cluster) {
  return workloads.flatMap((workload) =>
    workload.gpus.map((index) => {
      const { uuid } = gpus[index]!;
      return workload.kind === "training" ? { gpu: uuid, job: workload.name } : { gpu: uuid, model: workload.name };
    }),
  );
}
