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

/**
 * Verdicts on models: of each the newest window that was judged, while it is of now. Labels are model, version, feature, kind and
 * baseline, and replica where one was compared with its peers.
 */
export const DRIFT_METRICS = {
  /** {..., method}: debiased, of the method that decides (psi, js or w1). */
  distance: "lockstep_drift_distance",
  /** {..., method}: from here on a change is worth an alert; what the baseline's own windows show, and the fixed one at the least. */
  threshold: "lockstep_drift_threshold",
  /** {...}: of the test of counts, before it is corrected for the number of features. */
  pValue: "lockstep_drift_p_value",
  /** {...}: rows of the window. */
  samples: "lockstep_drift_samples",
  /** {model,version,feature,kind}: shares. */
  missingRate: "lockstep_data_quality_missing_rate",
  newShare: "lockstep_data_quality_new_share",
  lostShare: "lockstep_data_quality_lost_share",
  outsideShare: "lockstep_data_quality_outside_share",
  /** Features that have no series because there are too many; those nearest to an alert have one. */
  leftOut: "lockstep_drift_series_left_out",
  /** Counts windows of scraped histograms that could not be trusted: one bucket fell and the others did not. */
  dropped: "lockstep_observed_windows_dropped_total",
} as const;

/** {model,version}: lockstep_model_estimated_auc from scores alone, lockstep_model_realised_auc where labels have come, and so on. */
export const PERFORMANCE_METRICS = ["auc", "accuracy", "precision", "recall", "f1", "ece", "mce"] as const;
export type PerformanceMetric = (typeof PERFORMANCE_METRICS)[number];
export type PerformanceWay = "estimated" | "realised";

export function performanceSeries(way: PerformanceWay, metric: PerformanceMetric): string {
  return `lockstep_model_${way}_${metric}`;
}

/** Features with series of their own, over all models. */
export const MAX_DRIFT_SERIES = 4_000;
