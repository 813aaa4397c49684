/** What PyTorch's Flight Recorder would hold of each rank: its last operations, and as dumps when the job hangs. */
import type { TrainingJob } from "./job.ts";
import { GROUP_NAMES, type JobRun } from "./job-run.ts";
import { type Pickled, pickle, Tuple } from "./pickle.ts";
import type { RankOperation } from "./step-engine.ts";

/** Entries of a rank (TORCH_FR_BUFFER_SIZE is 2000 by default; the last steps tell who hangs). */
const RING = 96;
const TIMEOUT_MS = 60_000;
const LAUNCH_US = 38;

const PROFILING: Readonly<Record<RankOperation["collective"], string>> = {
  AllReduce: "nccl:all_reduce",
  ReduceScatter: "nccl:_reduce_scatter_base",
  AllGather: "nccl:_all_gather_base",
  Send: "nccl:send",
  Recv: "nccl:recv",
};

type Entry = { readonly operation: RankOperation; readonly record: number; readonly seq: number };

export class FlightRecorder {
  readonly #run: JobRun;
  readonly #rings: Entry[][];
  readonly #recorded: number[];
  /** [rank]: group -> its operations so far. */
  readonly #counts: Map<number, number>[];

  constructor(run: JobRun) {
    const ranks = run.job.gpus.length;
    this.#run = run;
    this.#rings = Array.from({ length: ranks }, () => []);
    this.#recorded = new Array<number>(ranks).fill(0);
    this.#counts = Array.from({ length: ranks }, () => new Map());
  }

  add(operations: readonly RankOperation[]): void {
    for (const operation of operations) {
      const { rank, group } = operation;
      const seq = (this.#counts[rank]!.get(group) ?? 0) + 1;
      this.#counts[rank]!.set(group, seq);
      const ring = this.#rings[rank]!;
      const record = this.#recorded[rank]!;
      this.#recorded[rank] = record + 1;
      ring.push({ operation, record, seq });
      if (ring.length > 2 * RING) ring.splice(0, ring.length - RING);
    }
  }

  /** The dump of a rank, pickled. */
  dump(rank: number): Buffer {
    const { job } = this.#run;
    const own = ownGroups(job, rank);
    const config: Record<string, Pickled> = {};
    const status: Record<string, Pickled> = {};
    for (const [pgId, group] of own.entries()) {
      const { kind, members } = job.groups[group]!;
      const name = nameOf(job, group);
      config[name] = { name, desc: GROUP_NAMES[kind], ranks: `[${members.join(", ")}]` };
      status[pgId] = this.#status(rank, group);
    }
    const entries = this.#rings[rank]!.slice(-RING).map((entry) => this.#entry(entry, own));
    return pickle({
      version: "2.10",
      comm_lib_version: "2.27.5-simulated",
      pg_config: config,
      pg_status: status,
      entries,
    });
  }

  #status(rank: number, group: number): Pickled {
    const enqueued = this.#counts[rank]!.get(group) ?? -1;
    const open = this.#rings[rank]!.filter(({ operation }) => operation.group === group && !isDone(operation)).length;
    const completed = enqueued < 0 ? -1 : enqueued - open;
    return {
      last_enqueued_collective: enqueued,
      last_started_collective: enqueued,
      last_completed_collective: completed,
    };
  }

  #entry({ operation, record, seq }: Entry, own: readonly number[]): Pickled {
    const { job, skewUs } = this.#run;
    const { rank, group, member, collective, peer, bytes, startUs, endUs } = operation;
    const { kind } = job.groups[group]!;
    const at = (us: number) => BigInt(Math.round(us) + skewUs[rank]!) * 1000n;
    const arrow = collective === "Send" ? "->" : "<-";
    const numel = bytes / 2;
    const done = isDone(operation);
    return {
      record_id: record,
      pg_id: own.indexOf(group),
      process_group: new Tuple(nameOf(job, group), GROUP_NAMES[kind]),
      collective_seq_id: peer === undefined ? seq : 0,
      p2p_seq_id: peer === undefined ? 0 : seq,
      op_id: record + 1,
      profiling_name: peer === undefined ? PROFILING[collective] : `${PROFILING[collective]} ${member}${arrow}${peer}`,
      time_created_ns: at(startUs - LAUNCH_US),
      input_sizes: [[numel]],
      input_dtypes: ["BFloat16"],
      output_sizes: [[numel]],
      output_dtypes: ["BFloat16"],
      state: done ? "completed" : "started",
      time_discovered_started_ns: at(startUs),
      time_discovered_completed_ns: done ? at(endUs) : null,
      retired: done,
      timeout_ms: TIMEOUT_MS,
      is_p2p: peer !== undefined,
    };
  }
}

function isDone({ endUs }: RankOperation): boolean {
  return endUs < Number.POSITIVE_INFINITY;
}

/** The default group is made first and called "0"; the others count up as the job makes them. */
function nameOf({ worldGroup }: TrainingJob, group: number): string {
  return group === worldGroup ? "0" : String(group + 1);
}

/** The groups of a rank by the number it gives them. */
function ownGroups({ groups, worldGroup }: TrainingJob, rank: number): number[] {
  const own = groups.flatMap(({ members }, group) => (group !== worldGroup && members.includes(rank) ? [group] : []));
  return worldGroup < 0 ? own : [worldGroup, ...own];
}
