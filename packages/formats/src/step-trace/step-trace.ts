/**
 * Step traces of pipeline-parallel training: one row for every operation (compute, send, receive, collective) of every
 * worker in some sampled steps, as the public straggler traces hold them. The what-if replay is computed on this.
 */

/** One place in the layout; the rows of a worker are on one clock. */
export type Worker = {
  readonly dpRank: number;
  /** Pipeline stage, from 0. */
  readonly stage: number;
  /** As the trace numbers it. */
  readonly rank: number;
};

/** A row that could not be read and is left out. */
export type SkippedRow = {
  /** From 0, in the order given. */
  readonly row: number;
  readonly column: string;
  readonly found: string;
  readonly expected: string;
};

/** Columns of equal length, a row in the same place of each, in the order of the source. */
export type StepTrace = {
  readonly length: number;
  /** Index into `workers`. */
  readonly worker: Int32Array;
  readonly dpRank: Int32Array;
  readonly stage: Int32Array;
  readonly rank: Int32Array;
  /** Index into `steps`. */
  readonly step: Int32Array;
  /** Index into `optypes`. */
  readonly optype: Int32Array;
  /** Seconds, from an origin that all workers of a step share. */
  readonly startS: Float64Array;
  /** Seconds. */
  readonly durationS: Float64Array;
  /** Counts the operations of this optype of this worker in this step; -1 where the row has none. */
  readonly seq: Int32Array;
  /** Chunk of the model on this stage (virtual pipeline); -1 where the operation belongs to none. */
  readonly modelChunk: Int32Array;
  /** -1 where the operation belongs to none. */
  readonly microBatch: Int32Array;
  /** Chunk counted over all stages; -1 where the operation belongs to none. */
  readonly globalModelChunk: Int32Array;
  /** Highest data-parallel rank + 1. */
  readonly dpSize: number;
  /** Highest stage + 1. */
  readonly stages: number;
  /** In the order of (dpRank, stage, rank). */
  readonly workers: readonly Worker[];
  /** Distinct ranks, ascending. */
  readonly ranks: readonly number[];
  /** Distinct step numbers, ascending. */
  readonly steps: readonly number[];
  /** Distinct, in the order of the alphabet. */
  readonly optypes: readonly string[];
  readonly skippedRows: number;
  /** The first of them. */
  readonly skipped: readonly SkippedRow[];
};

/** The columns a trace must have, as they are named in it. */
export const stepTraceColumns = [
  "dp_rank",
  "stage",
  "rank",
  "step",
  "optype",
  "start_ts",
  "duration",
  "seq_id",
  "mc",
  "mb_id",
  "gmc",
] as const;
