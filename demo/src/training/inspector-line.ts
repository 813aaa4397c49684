/**
 * Lines as NCCL's Inspector plugin writes them with NCCL_INSPECTOR_DUMP_VERBOSE=1 (format v4.0): one operation of one rank, with
 * the times of its kernel on the rank's own clock.
 */
import type { Group, TrainingJob } from "./job.ts";
import { GROUP_NAMES, type JobRun } from "./job-run.ts";
import type { RankOperation } from "./step-engine.ts";

/** Between the call and the kernel's start: the launch. */
const LAUNCH_US = 38;

/** What is equal in all lines of a rank and communicator, and made once. */
export class InspectorLines {
  readonly #run: JobRun;
  readonly #named: boolean;
  /** [group][member]: up to the time of the dump, and behind it. */
  readonly #heads: readonly (readonly string[])[];
  readonly #tails: readonly string[];

  /** `named`: whether the training code gives its communicators names; older code does not. */
  constructor(run: JobRun, named: boolean) {
    this.#run = run;
    this.#named = named;
    const { job, pids } = run;
    this.#heads = job.groups.map((group, g) => group.members.map((_, member) => this.#headOf(group, g, member)));
    this.#tails = job.gpus.map((gpu, rank) => `,"hostname":${JSON.stringify(gpu.node)},"pid":${pids[rank]}},`);
  }

  /** With its line feed. The operation must have been completed. */
  line(operation: RankOperation, dumpedAtMs: number): string {
    const { rank, group, member, collective, seq, peer, bytes, startUs, endUs } = operation;
    const skew = this.#run.skewUs[rank]!;
    const start = Math.round(startUs) + skew;
    const stop = Math.max(start + 1, Math.round(endUs) + skew);
    const execUs = stop - start;
    const p = peer === undefined ? "coll" : "p2p";
    const algbw = bytes / execUs / 1000;
    const busbw = algbw * busFactor(this.#run.job, group, collective);
    const other = peer === undefined ? "" : `"p2p_peer":${peer},`;
    const called = start - LAUNCH_US;
    return (
      `${this.#heads[group]![member]!}${Math.round(dumpedAtMs * 1000) + skew}${this.#tails[rank]!}` +
      `"${p}_perf":{"${p}":"${collective}","${p}_sn":${seq},${other}"${p}_msg_size_bytes":${bytes},` +
      `"${p}_exec_time_us":${execUs},"${p}_timing_source":"kernel_gpu",` +
      `"${p}_algobw_gbs":${algbw.toFixed(6)},"${p}_busbw_gbs":${busbw.toFixed(6)},` +
      `"event_trace_sn":{"${p}_start_sn":1,"${p}_stop_sn":2,` +
      `"kernel_events":[{"channel_id":0,"kernel_start_sn":3,"kernel_stop_sn":5,"kernel_record_sn":4}]},` +
      `"event_trace_ts":{"${p}_start_ts":${called},"${p}_stop_ts":${called + 5},` +
      `"kernel_events":[{"channel_id":0,"kernel_start_ts":${start},"kernel_stop_ts":${stop},"kernel_record_ts":${stop}}]}}}\n`
    );
  }

  #headOf({ kind, members, nodes }: Group, group: number, member: number): string {
    const name = this.#named ? GROUP_NAMES[kind] : "unknown";
    return (
      `{"header":{"id":"${this.#run.communicators[group]}","comm_name":"${name}","rank":${member},` +
      `"n_ranks":${members.length},"nnodes":${nodes}},` +
      `"metadata":{"inspector_output_format_version":"v4.0","git_rev":"simulated","rec_mechanism":"nccl_profiler_interface",` +
      `"dump_timestamp_us":`
    );
  }
}

/** Bus bandwidth over algorithm bandwidth, as nccl-tests define it. */
function busFactor({ groups }: TrainingJob, group: number, collective: RankOperation["collective"]): number {
  const n = groups[group]!.members.length;
  if (collective === "AllReduce") return (2 * (n - 1)) / n;
  return collective === "ReduceScatter" || collective === "AllGather" ? (n - 1) / n : 1;
}
