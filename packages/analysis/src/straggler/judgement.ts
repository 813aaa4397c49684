/** What `judge` says of a window: the verdict, and the columns the pages and series are made of. */
import type { Verdict } from "@lockstep/schemas/domain/finding";

/** One number per rank, in the order of `JobWindow.ranks`; NaN is "not known". */
export type RankColumns = {
  /** Median over the steps of self time against the peers': 1 is equal, 1.2 is 20 % slower. */
  readonly score: Float64Array;
  readonly z: Float64Array;
  /** As NVRx counts: 1 / score, smaller is slower. */
  readonly nvrxScore: Float64Array;
  /** Microseconds of a step. */
  readonly selfMedianUs: Float64Array;
  /** Median lateness in the group where it is latest, as a share of the step: the impact gate's number. */
  readonly latenessShare: Float64Array;
  /** GPU-seconds that other ranks waited in this window and that end at this rank, inherited delays walked back. */
  readonly wasteGpuSeconds: Float64Array;
  /** GPU-seconds this rank itself waited for others. */
  readonly waitGpuSeconds: Float64Array;
  /** Pipeline stage from 0; -1 where unknown or there is no pipeline. */
  readonly stage: Int32Array;
  /** Ranks it was compared with, itself not counted. */
  readonly peers: Int32Array;
};

/** One operation column of one communicator. */
export type GroupRow = {
  readonly communicator: string;
  readonly collective: string;
  /** NaN where not told. */
  readonly bytes: number;
  /** Median transfer time of an operation, microseconds: the shortest duration among the members. */
  readonly transferUs: number;
  /** Against the groups that do the same; NaN where there are too few. */
  readonly score: number;
  readonly z: number;
  /** GB/s (1e9), as nccl-tests count; NaN where bytes are not told or the collective has no formula. */
  readonly busbwGbs: number;
};

export type WaitLink = {
  /** Job ranks. */
  readonly rank: number;
  readonly waitedFor: number;
  readonly communicator: string;
  readonly collective: string;
  /** Waited in that step. */
  readonly us: number;
};

export type WorstStep = {
  readonly step: number;
  readonly stepTimeUs: number;
  /** Who waited for whom, from the rank that waited longest to the one that waited for nobody. */
  readonly chain: readonly WaitLink[];
};

export type Judgement = {
  readonly verdict: Verdict;
  readonly ranks: RankColumns;
  readonly groups: readonly GroupRow[];
  /** Of the whole window by its worst cause: step / (step - excess); 1 where nothing is to blame, NaN where the step time is not known. */
  readonly slowdown: number;
  /** Waited by all ranks in blocking collectives, blamed or not. */
  readonly wasteGpuSeconds: number;
  /** NaN where nothing is dated. */
  readonly stepTimeMedianUs: number;
  readonly worstStep: WorstStep | undefined;
};

/** Medians of earlier windows of the same job in which nothing was found, oldest first, microseconds. */
export type JobHistory = {
  readonly stepTimeUs: readonly number[];
  /** By job rank. */
  readonly selfUs: ReadonlyMap<number, readonly number[]>;
};
