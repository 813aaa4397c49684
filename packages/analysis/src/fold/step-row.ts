/** What one rank did in one step in one communicator by one collective: a row of the table `collectives`. */
import type { Collective, GroupKind, TimingSource } from "@lockstep/schemas/domain/operation";

export type StepRow = {
  readonly job: string;
  readonly communicator: string;
  readonly kind: GroupKind;
  readonly collective: Collective;
  /** Send and Recv: the other end's rank in the communicator; each peer has a row of its own. */
  readonly peer: number | undefined;
  /** The same number on all ranks whose anchors count alike; `alignSteps` tells the shift of those whose do not. */
  readonly step: number;
  /** Counts up when the process begins again or its steps are found anew: step numbers of other runs mean other steps. */
  readonly run: number;
  /** What the process did in this step differs from its usual step (evaluation, checkpoint, operations not heard): not judged. */
  readonly odd: boolean;
  readonly process: string;
  readonly node: string | undefined;
  /** In the communicator. */
  readonly rank: number;
  /** Ranks in the communicator. */
  readonly size: number;
  readonly jobRank: number | undefined;
  readonly members: readonly number[] | undefined;
  /** Of the first operation heard. */
  readonly seq: number;
  /** Operations heard. Their sequence numbers follow each other, except in Send, Recv and odd rows. */
  readonly count: number;
  /** Each number of `exec_us` is the sum of so many consecutive operations (the last of what is left); 1 up to 64 operations. */
  readonly perSlot: number;
  /** Of each operation; undefined where not told or where they differ. */
  readonly bytes: number | undefined;
  /** Whole microseconds in sequence order: the resolution of the kernels' own times in NCCL Inspector. */
  readonly exec_us: readonly number[];
  /** Whole microseconds from `began` to the start of the slot's first operation, negative where it overlaps the step before; empty where not dated. */
  readonly start_us: readonly number[];
  /** Of the process's step, microseconds since 1970 on its own clock; undefined where not dated. The same in all its rows of the step. */
  readonly began: number | undefined;
  readonly ended: number | undefined;
  /** Microseconds between leaving the operation before, of whatever communicator, and entering these, summed; undefined where not dated. */
  readonly self_us: number | undefined;
  /** Microseconds from the end of the step before to the end of this; undefined where not dated or the step before was not heard. */
  readonly step_us: number | undefined;
  readonly timing: TimingSource;
};

/** Slots of a row at most: a tensor-parallel group does thousands of operations in a step. */
export const maxSlots = 64;

/** Consecutive operations in a slot when `count` operations share at most `maxSlots` slots. */
export function perSlotOf(count: number): number {
  return Math.max(1, Math.ceil(count / maxSlots));
}
