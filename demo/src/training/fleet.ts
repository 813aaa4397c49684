/** All training jobs of the cluster, moved on in time together with its GPUs. */
import type { Cluster } from "../model/cluster.ts";
import { FaultBook } from "../model/fault-book.ts";
import type { PlantedFault, Stop } from "../model/faults.ts";
import type { Columns } from "../model/readings.ts";
import { momentOf } from "./conditions.ts";
import { type TrainingJob, trainingJobs } from "./job.ts";
import { type JobOutput, RunningJob } from "./running-job.ts";

export type FleetOptions = {
  readonly cluster: Cluster;
  readonly seed: number;
  readonly faults: readonly PlantedFault[];
  readonly startMs: number;
  readonly outputOf: (job: TrainingJob, named: boolean) => JobOutput;
  /** The kernel of the GPU's node tells of it. */
  readonly onXid: (fault: Stop) => void;
};

export class TrainingFleet {
  readonly jobs: readonly RunningJob[];
  readonly #seed: number;
  readonly #book: FaultBook;
  readonly #onXid: FleetOptions["onXid"];
  #xids: Stop[] = [];
  #nowMs: number;

  constructor({ cluster, seed, faults, startMs, outputOf, onXid }: FleetOptions) {
    this.#seed = seed;
    this.#book = new FaultBook(cluster);
    this.#onXid = onXid;
    this.#nowMs = startMs;
    for (const fault of faults) this.plant(fault);
    // Older training code gives its communicators no names: of every second job who works with whom has to be found out.
    this.jobs = trainingJobs(cluster).map(
      (job, index) => new RunningJob(job, seed, startMs, outputOf(job, index % 2 === 0)),
    );
  }

  plant(fault: PlantedFault): void {
    this.#book.plant(fault);
    if (fault.kind === "xid-79" && fault.startMs >= this.#nowMs) this.#xids.push(fault);
  }

  /** `columns`: what the GPUs show at `nowMs`, which must not be before that of the last call. */
  advance(nowMs: number, columns: Columns): void {
    this.#nowMs = nowMs;
    for (const fault of this.#xids) if (fault.startMs <= nowMs) this.#onXid(fault);
    this.#xids = this.#xids.filter(({ startMs }) => startMs > nowMs);
    for (const running of this.jobs) {
      running.advance(nowMs, (timeMs) => momentOf(running.job, this.#book, columns, this.#seed, timeMs));
    }
  }
}
