/** What one rank's Flight Recorder held, in one form for all versions, pickled or JSON. */

import type { Collective } from "@lockstep/schemas/domain/operation";

/** A process group of torch.distributed that this rank belongs to. */
export type DumpGroup = {
  /** The key in `pg_config`: the group's name, the same on all its ranks. */
  readonly id: string;
  /** As entries name it. */
  readonly name: string;
  readonly description: string;
  /** Job ranks by rank in the group; empty where the dump does not tell. */
  readonly ranks: readonly number[];
  /** The key in `status`: counts the groups this process made, and so differs between ranks; undefined where it cannot be found. */
  readonly pgId: string | undefined;
};

/**
 * Of the last operation of a group that was enqueued, started and completed; -1 is none. Counts collectives or
 * point-to-point operations, whichever the last one was.
 */
export type DumpStatus = {
  readonly lastEnqueued: number;
  /** undefined where timing is off (TORCH_NCCL_ENABLE_TIMING). */
  readonly lastStarted: number | undefined;
  readonly lastCompleted: number;
};

export type DumpFrame = { readonly name: string; readonly file: string; readonly line: number };

export type DumpState = "scheduled" | "started" | "completed";

/** "Coalesced" closes a batch: it carries the state of the operations before it that have its sequence number. */
export type DumpCollective = Collective | "Coalesced";

export type DumpEntry = {
  /** Counts what this process recorded. */
  readonly recordId: number;
  readonly groupName: string;
  readonly groupDescription: string;
  readonly pgId: string | undefined;
  /** "nccl", "gloo", ...; "" where not told. */
  readonly backend: string;
  readonly collective: DumpCollective;
  /** The group's collectives so far, this one counted. */
  readonly seq: number;
  /** The group's point-to-point operations (or batches of them) so far, this one counted. */
  readonly p2pSeq: number;
  readonly opId: number | undefined;
  /** Send and Recv: the other end's rank in the group. */
  readonly peer: number | undefined;
  readonly isP2p: boolean;
  readonly inputSizes: readonly (readonly number[])[];
  readonly inputDtypes: readonly string[];
  readonly outputSizes: readonly (readonly number[])[];
  readonly outputDtypes: readonly string[];
  /** As recorded: gloo leaves it at "scheduled" for ever, and so do the operations of a batch. */
  readonly state: DumpState;
  /** Microseconds since 1970 on the rank's clock. */
  readonly createdUs: number | undefined;
  readonly startedUs: number | undefined;
  readonly completedUs: number | undefined;
  /** No longer watched. */
  readonly retired: boolean;
  readonly timeoutMs: number | undefined;
  readonly durationMs: number | undefined;
  /** Innermost first; empty where stacks were not recorded. */
  readonly frames: readonly DumpFrame[];
};

export type FlightRecorderDump = {
  readonly file: string;
  /** In the job. */
  readonly rank: number;
  /** "2.9"; "" in forms that do not tell. */
  readonly version: string;
  readonly groups: readonly DumpGroup[];
  readonly status: ReadonlyMap<string, DumpStatus>;
  /** In the order recorded: the last ones only, and in some dumps only those that had not completed. */
  readonly entries: readonly DumpEntry[];
};
