/**
 * What the straggler detector judges: a job over W consecutive steps, its ranks joined operation by operation. Columns of
 * numbers, because a window of 4,096 ranks has millions of them. NaN is "not known".
 */
import type { Collective, GroupKind } from "@lockstep/schemas/domain/operation";

export type Rank = {
  readonly rank: number;
  readonly process: string;
  readonly node: string | undefined;
  /** GPU UUID. */
  readonly gpu: string | undefined;
  /** Of that GPU on its node, as people call it; absent where not told. */
  readonly gpuIndex?: number | undefined;
};

export type Communicator = {
  readonly id: string;
  readonly kind: GroupKind;
  /** Indexes into `ranks` by rank in the communicator; -1 where nothing was heard of that member. */
  readonly members: Int32Array;
};

/**
 * The operations of one communicator that have the same place in every step. `slots` of them in a step; where a step has
 * very many, each slot is the sum of `perSlot` consecutive ones. A Send with its Recv is one operation "SendRecv" of a
 * communicator of the two.
 */
export type OperationColumn = {
  /** Index into `communicators`. */
  readonly communicator: number;
  readonly collective: Collective | "SendRecv";
  /** Of one operation; NaN where not told or differing. */
  readonly bytes: number;
  readonly slots: number;
  readonly perSlot: number;
  /** Microseconds, [(step * slots + slot) * members + member]. */
  readonly exec: Float32Array;
  /** Microseconds since the rank's step began, on its own clock, in the same order; absent where the source dates nothing. */
  readonly start?: Float32Array;
};

export type JobWindow = {
  readonly job: string;
  readonly firstStep: number;
  readonly steps: number;
  readonly ranks: readonly Rank[];
  readonly communicators: readonly Communicator[];
  readonly operations: readonly OperationColumn[];
  /** Microseconds of a step, on the rank's own clock, [rank * steps + step]. */
  readonly stepTime: Float64Array;
  /** Microseconds of a step in which the rank was in none of its operations, [rank * steps + step]. */
  readonly self: Float64Array;
  /** When the steps ended, ms since 1970, by the median of the ranks' clocks; NaN where nothing is dated. */
  readonly endedAt: Float64Array;
  /** Whether durations are the kernels' own; where not, waiting for the CPU is in them and the verdict says so. */
  readonly kernelTiming: boolean;
};
