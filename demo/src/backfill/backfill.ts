/** Writes what the simulated cluster would have served in the past, through the log, as a collector would have. */
import { encodeRows } from "@lockstep/formats/native";
import { LogError, type LogProducer, type OutgoingBlock } from "@lockstep/log/log";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import type { CountersFile } from "../exporter/counters-csv.ts";
import type { Cluster } from "../model/cluster.ts";
import type { PlantedFault } from "../model/faults.ts";
import { Simulation } from "../model/simulation.ts";
import { SEASONS_MS, WindowGatherer, weeksBefore } from "../serving/past-windows.ts";
import { servedModels } from "../serving/served-models.ts";
import { BlockBuilder } from "./block-builder.ts";
import { COARSE_STEP_MS, HISTORY_MS, type Segment, ticks } from "./plan.ts";
import { listSeries, type Series } from "./series.ts";

const DAY_MS = 86_400_000;
const RETRY_MS = 500;
/** The spool's pages are mapped into memory, and the live scrapes queue behind what is in it: so it is kept short. */
const MAX_BACKLOG_BYTES = 32 * 2 ** 20;
const BACKLOG_POLL_MS = 20;

export type BackfillOptions = {
  readonly cluster: Cluster;
  readonly counters: CountersFile;
  readonly seed: number;
  readonly faults: readonly PlantedFault[];
  readonly segments: readonly Segment[];
  readonly producer: LogProducer;
  /** Of the first append. A run with the same options repeats the same blocks under the same sequence numbers. */
  readonly firstSequence: number;
  readonly signal: AbortSignal;
  /** Called after each append with samples appended so far. */
  readonly onProgress?: (samples: number) => void;
};

/**
 * Resolves with the samples written and the sequence after the last append; rejects with the signal's reason when
 * aborted, and with LogError when the log fails for good. A log that is full is waited for.
 */
export async function backfill(options: BackfillOptions): Promise<{ samples: number; nextSequence: number }> {
  const { cluster, segments } = options;
  const series = listSeries(cluster, options.counters);
  const builder = blockBuilder(cluster, series);
  let sequence = options.firstSequence;
  let samples = 0;
  await appendPatiently(options, seriesBlock(series, segments), sequence++);
  for (const segment of segments) {
    for (const block of segmentBlocks(options, segment, builder)) {
      await appendPatiently(options, block, sequence++);
      if (block.table !== "samples") continue;
      samples += block.rows;
      options.onProgress?.(samples);
    }
  }
  const first = segments.find(({ begins }) => begins);
  if (first !== undefined) {
    for (const block of weeksBefore(cluster, options.seed, first.origin.timeMs, SEASONS_MS - HISTORY_MS)) {
      await appendPatiently(options, block, sequence++);
    }
  }
  return { samples, nextSequence: sequence };
}

function blockBuilder(cluster: Cluster, series: readonly Series[]): BlockBuilder {
  const nodeOf = cluster.nodes.flatMap((node, n) => node.gpus.map(() => n));
  const replicas = servedModels(cluster).flatMap((model) => (model.serves === "vllm" ? model.replicas : []));
  return new BlockBuilder(series, nodeOf, cluster.nodes.length, replicas.length);
}

/** A block ends where the UTC day does: the store keeps days apart, and one block then goes into one of them. */
function* segmentBlocks(options: BackfillOptions, segment: Segment, builder: BlockBuilder): Generator<OutgoingBlock> {
  const { cluster, seed, faults } = options;
  const simulation = new Simulation(cluster, seed, faults, segment.origin);
  const fleet = simulation.serving;
  const fromMs = simulation.timeMs;
  const withServers = segment.stepMs === COARSE_STEP_MS;
  const windows = new WindowGatherer({ cluster, seed, faults, fleet, fromMs, withServers });
  let first = segment.begins;
  for (const tickMs of ticks(simulation.timeMs, segment.stepMs, segment.untilMs)) {
    simulation.step(tickMs);
    if (tickMs < segment.emitFromMs) {
      windows.restart(tickMs);
      continue;
    }
    const { lastMs } = builder;
    const newDay = lastMs !== undefined && Math.floor(lastMs / DAY_MS) !== Math.floor(tickMs / DAY_MS);
    if (builder.full || newDay) yield builder.take();
    // Windows belong to the day in which they begin.
    windows.tick(tickMs);
    const ofDay = newDay ? windows.take() : undefined;
    if (ofDay !== undefined) yield ofDay;
    const replicas = fleet.replicas.map(({ values }) => values);
    builder.add(tickMs, simulation.columns, replicas, options.seed, first);
    first = false;
  }
  if (builder.lastMs !== undefined) yield builder.take();
  windows.end(simulation.timeMs);
  const last = windows.take();
  if (last !== undefined) yield last;
}

function seriesBlock(series: readonly Series[], segments: readonly Segment[]): OutgoingBlock {
  const first_seen = Math.min(...segments.map((segment) => Math.max(segment.origin.timeMs, segment.emitFromMs)));
  const last_seen = Math.max(...segments.map((segment) => segment.untilMs));
  const rows = series.map(({ name, id, labels, type, unit }) => {
    return { metric: name, series: id, labels, type, unit, first_seen, last_seen };
  });
  const { version } = BLOCK_TABLES.series;
  return { table: "series", version, rows: rows.length, block: encodeRows(BLOCK_TABLES.series, rows) };
}

async function appendPatiently(options: BackfillOptions, block: OutgoingBlock, sequence: number): Promise<void> {
  const { producer, signal } = options;
  for (;;) {
    signal.throwIfAborted();
    if (producer.backlogBytes() > MAX_BACKLOG_BYTES) {
      await new Promise((resolve) => setTimeout(resolve, BACKLOG_POLL_MS));
      continue;
    }
    try {
      return await producer.append([block], { sequence });
    } catch (error) {
      if (!(error instanceof LogError) || !error.retriable) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
