/** What a detector saw: stored in `findings`, shown on pages, printed by `lockstep analyze --json`. Keys as they are printed. */

export type FindingKind =
  | "slow_rank"
  | "slow_node"
  | "slow_stage"
  | "slow_link"
  | "slow_group"
  | "imbalance"
  | "global_slowdown"
  | "hang"
  | "mismatch";

export type Confidence = "high" | "medium" | "low";

/** One number a verdict rests on, with what it is compared with. */
export type Evidence = {
  /** A name to read: "self time of a step", "SM clock". */
  readonly what: string;
  readonly value: number | string;
  /** "us", "MHz", "%", "x", ...; "" where there is none. */
  readonly unit: string;
  readonly peers?: { readonly median: number; readonly low: number; readonly high: number };
  /** Robust: (value - median) / (1.4826 MAD). */
  readonly z?: number;
};

export type Cause = {
  /** "thermal_throttle", "power_brake", "nic", "cpu_starved", "sequence_length", "stage_partitioning", "xid_79", ...; "unknown" where the evidence carries none. */
  readonly code: string;
  /** One plain sentence. */
  readonly text: string;
};

export type Finding = {
  readonly kind: FindingKind;
  readonly job: string;
  /** Absent where no single rank is to blame. */
  readonly rank?: number;
  readonly node?: string;
  readonly gpu?: string;
  /** Of a group, link, hang or mismatch. */
  readonly communicator?: string;
  /** Pipeline stage, from 0. */
  readonly stage?: number;
  /** Other ranks it speaks of: those of the node, stage, group, imbalance. */
  readonly ranks?: readonly number[];
  readonly first_step?: number;
  readonly last_step?: number;
  /** Milliseconds since 1970, where the source dates its operations. */
  readonly from?: number;
  readonly to?: number;
  /** How many times slower than its peers; 1 is equal. */
  readonly score?: number;
  readonly z?: number;
  /** Waited by all others because of this. */
  readonly waste_gpu_seconds?: number;
  /** Of the step, by what-if replay or the impact formula: 1.2 is 20 % slower. */
  readonly slowdown?: number;
  readonly confidence: Confidence;
  readonly cause: Cause;
  /** One sentence as on-call would say it: "rank 27 (node-07, GPU 3) is 1.38x slower than its peers". */
  readonly summary: string;
  readonly evidence: readonly Evidence[];
};

/** Judged, and why there is no verdict where there is none: what the user has to set or wait for. */
export type Verdict = {
  readonly job: string;
  readonly findings: readonly Finding[];
  readonly not_enough_data?: string;
};
