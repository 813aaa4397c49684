/** Which of Lockstep's own metrics the page asks for, as they are scraped. */
import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";

export const total = (name: string): string => `${name}_total`;

/** The parts of a histogram that quantiles and means are made of. */
const histogram = (name: string): string[] => [`${name}_bucket`, `${name}_sum`, `${name}_count`];

export const PROCESS_INFO = "lockstep_process_info";
export const PROCESS_CPU = "process_cpu_seconds_total";
export const PROCESS_MEMORY = "process_resident_memory_bytes";
export const PROCESS_START = "process_start_time_seconds";
export const PROCESS_LOOP_LAG = "nodejs_eventloop_lag_seconds";

const m = SELF_METRICS;

/** Asked over the last minutes. The few that say what is wrong come first: an answer is cut at its end. */
export const PIPELINE_METRICS: readonly string[] = [
  PROCESS_INFO,
  PROCESS_CPU,
  PROCESS_MEMORY,
  PROCESS_START,
  PROCESS_LOOP_LAG,
  ...histogram(m.queryableSeconds),
  ...histogram(m.stageSeconds),
  ...[m.spoolBytes, m.spoolBlocks, m.spoolAgeSeconds, m.lagSeconds, m.lagMessages, m.rollupPending],
  ...[m.scrapedSamples, m.refusedPages, m.spoolDroppedRows, m.logRows, m.kafkaRows, m.kafkaErrors].map(total),
  ...[m.ingestRows, m.ingestBytes, m.ingestBlocks, m.ingestPosts, m.rollupWindows].map(total),
  ...histogram(m.ingestPostSeconds),
  ...histogram(m.rollupSeconds),
];

/** Rare and telling: asked over the range of the page. */
export const EVENT_METRICS: readonly string[] = [
  m.ingestDeadLetters,
  m.ingestRetries,
  m.ingestReplays,
  m.ingestSkippedBlocks,
  m.ingestRebalances,
  m.spoolDroppedRows,
  m.refusedPages,
].map(total);
