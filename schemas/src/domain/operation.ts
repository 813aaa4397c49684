/** A collective operation (or one end of a point-to-point one) as one rank saw it: what every reader of traces gives. */

export type GroupKind = "TP" | "PP" | "DP" | "CP" | "EP" | "WORLD" | "?";

/**
 * What the duration was taken by: the kernel on the GPU's clock or the CPU's, or the call around it (then waiting for the
 * CPU is in it).
 */
export type TimingSource = "kernel_gpu" | "kernel_cpu" | "collective_cpu" | "unknown";

/** NCCL's names; readers of other sources translate into them. Others are kept as they come. */
export type Collective =
  | "AllReduce"
  | "AllGather"
  | "ReduceScatter"
  | "AllToAll"
  | "Broadcast"
  | "Reduce"
  | "Gather"
  | "Scatter"
  | "Barrier"
  | "Send"
  | "Recv"
  | (string & {});

export type Operation = {
  readonly job: string;
  /** Of the job: the same string from every rank of it. */
  readonly communicator: string;
  readonly kind: GroupKind;
  /** Whose clock and whose chain of operations: "host/pid", or "rank 3" where no process is known. */
  readonly process: string;
  readonly node: string | undefined;
  /** In the communicator, from 0. */
  readonly rank: number;
  /** Ranks in the communicator. */
  readonly size: number;
  /** In the job, where the source tells it. */
  readonly jobRank: number | undefined;
  /** Job ranks by rank in the communicator, where the source tells them. */
  readonly members: readonly number[] | undefined;
  readonly collective: Collective;
  /** Counts the operations of this collective in this communicator; the same number on all members is the same operation. */
  readonly seq: number;
  /** Send and Recv: the other end's rank in the communicator. */
  readonly peer: number | undefined;
  readonly bytes: number | undefined;
  /** Microseconds. */
  readonly execUs: number;
  /** Microseconds since 1970 on the rank's own clock; undefined where the source does not date operations. */
  readonly startUs: number | undefined;
  readonly timing: TimingSource;
};
