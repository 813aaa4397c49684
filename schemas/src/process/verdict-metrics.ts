/**
 * Verdicts as series: gauges on the page of the watch that leads, scraped as all its metrics are, with the training job's
 * name in the label `job`. A job that ended has none.
 */
export const VERDICT_METRICS = {
  /** {job,rank,node,gpu}: self time against the peers', 1 is equal; of large jobs only those that stand out. */
  stragglerScore: "lockstep_straggler_score",
  /** {job}: median of the newest window. */
  jobStepSeconds: "lockstep_job_step_seconds",
  /** {job}: how many times longer a step takes than without its worst cause; 1 where nothing is to blame. */
  jobSlowdown: "lockstep_job_slowdown",
  /** {job}: heard in the newest window. */
  jobRanks: "lockstep_job_ranks",
  /** {job}: counts what ranks waited because of findings, since this watch leads. */
  wasteGpuSeconds: "lockstep_straggler_waste_gpu_seconds_total",
  /** {job,rank,node}, of large jobs {job,node}: counts what ranks waited in collectives, blamed or not. */
  rankWaitSeconds: "lockstep_rank_wait_seconds_total",
  /** {job}: 1 while the job hangs, 0 while it makes steps; absent where it is silent and nothing tells why. */
  hang: "lockstep_hang",
} as const;

/** Ranks of a job that have series of their own; of larger jobs those with the highest scores. */
export const MAX_RANK_SERIES = 256;
