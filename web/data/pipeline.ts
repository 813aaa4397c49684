import "server-only";
import { SELF_JOB, SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import { clusterProcesses } from "@lockstep/schemas/queries/cluster-processes";
import { pipelineGrid } from "@lockstep/schemas/queries/pipeline-grid";
import { pipelineNow } from "@lockstep/schemas/queries/pipeline-now";
import { pipelineTargets } from "@lockstep/schemas/queries/pipeline-targets";
import type { Attention } from "../fleet/attention.ts";
import type { Values } from "../fleet/grids.ts";
import { processStates } from "../fleet/process-states.ts";
import { formatDuration } from "../format/time.ts";
import { type Bottleneck, bottleneckOf, type StageShare, stageShares } from "../pipeline/bottleneck.ts";
import { type Chain, chainOf, hasKafka } from "../pipeline/chain.ts";
import { concernsOf } from "../pipeline/concerns.ts";
import { type Delay, delayOf } from "../pipeline/delay.ts";
import { meansOver, quantilesOver, valuesOfKey } from "../pipeline/history.ts";
import { EVENT_METRICS, PIPELINE_METRICS, total } from "../pipeline/metric-names.ts";
import { type PartitionState, partitionsOf } from "../pipeline/partitions.ts";
import { postsOf, type TablePosts } from "../pipeline/posts.ts";
import { identitiesOf, type ProcessUsage, processUsage } from "../pipeline/process-usage.ts";
import { selfSeries } from "../pipeline/self-series.ts";
import { gridOf, gridTimes, type RangeState, resolveRange } from "../url/range.ts";
import { getStore } from "./store.ts";

export type PipelineData = {
  readonly atMs: number;
  readonly live: boolean;
  /** Whether web itself serves metrics: where it does not, no process is likely to. */
  readonly metered: boolean;
  /** Of any of Lockstep's own samples; null: there is none. */
  readonly newestMs: number | null;
  readonly kafka: boolean;
  readonly queryable: Delay | null;
  readonly bottleneck: Bottleneck;
  readonly stages: readonly StageShare[];
  readonly chain: Chain;
  readonly concerns: readonly Attention[];
  readonly partitions: readonly PartitionState[];
  readonly posts: readonly TablePosts[];
  readonly processes: readonly ProcessUsage[];
  /** What events are counted over, such as "in the last 1h". */
  readonly during: string;
};

/** What delays and rates are taken over. */
const NOW_WINDOW_MS = 300_000;
/** Events are counted sample by sample: over a longer range than this it would cost more than it tells. */
const LONGEST_EVENTS_MS = 86_400_000;

/** The pipeline at the end of the range, from what its processes tell of themselves. */
export async function readPipeline(state: RangeState, nowMs: number): Promise<PipelineData> {
  const range = resolveRange(state, nowMs);
  const atMs = range.toMs;
  const eventsMs = Math.min(atMs - range.fromMs, LONGEST_EVENTS_MS);
  const store = getStore();
  const [nowRows, eventRows, beats, [targets]] = await Promise.all([
    store.read(pipelineNow({ job: SELF_JOB, metrics: PIPELINE_METRICS, atMs, windowMs: NOW_WINDOW_MS })),
    store.read(pipelineNow({ job: SELF_JOB, metrics: EVENT_METRICS, atMs, windowMs: eventsMs })),
    store.read(clusterProcesses()),
    store.read(pipelineTargets()),
  ]);
  const series = selfSeries(nowRows);
  const events = selfSeries(eventRows);
  // Heartbeats and targets are kept as they are now, not as they were.
  const processes = range.live ? processStates(beats, nowMs) : [];
  const facts = { series, processes, targets: range.live ? (targets ?? null) : null };
  const kafka = hasKafka(facts);
  const chain = chainOf(facts);
  const stages = stageShares(series, kafka);
  const during = range.live ? `in the last ${formatDuration(eventsMs)}` : "in this range";
  return {
    atMs,
    live: range.live,
    metered: (process.env["LOCKSTEP_METRICS_PORT"] ?? "0") !== "0",
    newestMs: nowRows.length === 0 ? null : Math.max(...nowRows.map((row) => row.ts)),
    kafka,
    queryable: delayOf(series, SELF_METRICS.queryableSeconds),
    bottleneck: bottleneckOf(chain, stages),
    stages,
    chain,
    concerns: concernsOf({ now: series, events, during, processes }),
    partitions: partitionsOf(series, identitiesOf(series)),
    posts: postsOf(series, events),
    processes: processUsage(series, processes),
    during,
  };
}

export type PipelineHistory = {
  readonly times: readonly number[];
  readonly queryable: { readonly p50: Values; readonly p99: Values };
  /** Mean seconds on each stage. */
  readonly stages: readonly { readonly stage: string; readonly mean: Values }[];
  /** Samples a second. */
  readonly scraped: Values;
  readonly stored: Values;
  /** Seconds, of the partition or spool that is furthest behind. */
  readonly lag: Values;
  readonly spoolAge: Values;
};

const STAGES = ["gather", "spool", "log", "post"];

export async function readPipelineHistory(state: RangeState, nowMs: number): Promise<PipelineHistory> {
  const grid = gridOf(resolveRange(state, nowMs));
  const times = gridTimes(grid);
  const { length } = times;
  const read = (metric: string, by: string, kind: "last" | "rate", fold: "sum" | "max") =>
    getStore().read(pipelineGrid({ job: SELF_JOB, metric, by, kind, fold, grid }));
  const m = SELF_METRICS;
  const [buckets, sums, counts, scraped, stored, lag, spoolAge] = await Promise.all([
    read(`${m.queryableSeconds}_bucket`, "le", "rate", "sum"),
    read(`${m.stageSeconds}_sum`, "stage", "rate", "sum"),
    read(`${m.stageSeconds}_count`, "stage", "rate", "sum"),
    read(total(m.scrapedSamples), "job", "rate", "sum"),
    read(total(m.ingestRows), "table", "rate", "sum"),
    read(m.lagSeconds, "job", "last", "max"),
    read(m.spoolAgeSeconds, "job", "last", "max"),
  ]);
  const measured = STAGES.filter((stage) => counts.some((row) => row.key === stage));
  return {
    times,
    queryable: { p50: quantilesOver(buckets, 0.5, length), p99: quantilesOver(buckets, 0.99, length) },
    stages: measured.map((stage) => ({
      stage,
      mean: meansOver(valuesOfKey(sums, stage, length), valuesOfKey(counts, stage, length)),
    })),
    scraped: valuesOfKey(scraped, SELF_JOB, length),
    stored: valuesOfKey(stored, "samples", length),
    lag: valuesOfKey(lag, SELF_JOB, length),
    spoolAge: valuesOfKey(spoolAge, SELF_JOB, length),
  };
}
