/**
 * The metrics Lockstep's processes tell of themselves: names as they are scraped, without the `_total` of counters and
 * the `_bucket`, `_sum`, `_count` of histograms. One place for those who count and those who read.
 */
export const SELF_JOB = "lockstep";

/** Ports on which each process serves them unless told otherwise. */
export const METRICS_PORTS = { collector: 9464, ingest: 9465, watch: 9466, web: 9467 } as const;

export const SELF_METRICS = {
  // collector
  scrapedSamples: "lockstep_collector_samples", // counter: samples of pages handed to the publisher
  refusedPages: "lockstep_collector_refused_pages", // counter: pages not taken because the log takes nothing
  spoolBytes: "lockstep_spool_bytes", // gauge
  spoolBlocks: "lockstep_spool_blocks", // gauge
  spoolAgeSeconds: "lockstep_spool_age_seconds", // gauge: age of the oldest block; 0 when empty
  spoolDroppedRows: "lockstep_spool_dropped_rows", // counter{table}: older than the spool's max_age
  logRows: "lockstep_log_rows", // counter{table}: rows appended to the log
  logBytes: "lockstep_log_bytes", // counter{table}
  kafkaRows: "lockstep_kafka_rows", // counter{table}: rows acknowledged by Kafka
  kafkaBytes: "lockstep_kafka_bytes", // counter{table}: of blocks, before compression
  kafkaSendSeconds: "lockstep_kafka_send_seconds", // histogram: one send with its acknowledgement
  kafkaErrors: "lockstep_kafka_errors", // counter: sends that failed and were tried again
  traceFiles: "lockstep_trace_files", // gauge{source,kind}: followed now
  traceBehindBytes: "lockstep_trace_behind_bytes", // gauge{source,kind}: there and not read yet
  traceLines: "lockstep_trace_lines", // counter{source,kind}
  traceBadLines: "lockstep_trace_bad_lines", // counter{source,kind}
  traceOperations: "lockstep_trace_operations", // counter{source,kind}
  // ingest
  ingestRows: "lockstep_ingest_rows", // counter{table}: rows that are in their table
  ingestBytes: "lockstep_ingest_bytes", // counter{table}
  ingestBlocks: "lockstep_ingest_blocks", // counter{table}
  ingestPosts: "lockstep_ingest_posts", // counter{table}
  ingestPostSeconds: "lockstep_ingest_post_seconds", // histogram{table}: one post of a range with its tries
  ingestRetries: "lockstep_ingest_retries", // counter{table}
  ingestReplays: "lockstep_ingest_replays", // counter{table}: ranges that a predecessor had announced
  ingestSkippedBlocks: "lockstep_ingest_skipped_blocks", // counter{table}: sent twice by their producer
  ingestDeadLetters: "lockstep_ingest_dead_letters", // counter{table}
  ingestRebalances: "lockstep_ingest_rebalances", // counter: partitions were taken or given
  lagMessages: "lockstep_ingest_lag_messages", // gauge{topic,partition}
  lagSeconds: "lockstep_ingest_lag_seconds", // gauge{topic,partition}
  /**
   * histogram{stage}, of blocks of `samples` with a `scrapedAt`: `gather` scraped to in the spool, `spool` to sent to
   * Kafka, `log` to read by ingest (where the spool is the log: in the spool to read), `post` to queryable. Across
   * machines the clocks' difference is in it.
   */
  stageSeconds: "lockstep_stage_seconds",
  queryableSeconds: "lockstep_scrape_to_queryable_seconds", // histogram: all stages together
  rollupWindows: "lockstep_rollup_windows", // counter{table}
  rollupSeconds: "lockstep_rollup_seconds", // histogram{table}
  rollupPending: "lockstep_rollup_pending_windows", // gauge: closed windows that wait
  // watch
  watchLeads: "lockstep_watch_leads", // gauge: 1 while this one leads
  taskSeconds: "lockstep_watch_task_seconds", // histogram{task}
  taskFailures: "lockstep_watch_task_failures", // counter{task}
  // web
  requestSeconds: "lockstep_web_request_seconds", // histogram{route,status}
} as const;

/** Bounds in seconds of every histogram above. */
export const SECONDS_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1800];
