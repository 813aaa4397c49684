/** Writes what the simulated cluster would have served in the past, through the log, as a collector would have. */
import { encodeRows } from "@lockstep/formats/native";
import { LogError, type LogProducer, type OutgoingBlock } from "@lockstep/log/log";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import type { CountersFile } from "../exporter/counters-csv.ts";
import type { Cluster } from "../model/cluster.ts";
import type { PlantedFault } from "../model/faults.ts";
import { Simulation } from "../model/simulation.ts";
import { BlockBuilder } from "./block-builder.ts";
import { type Segment, ticks } from "./plan.ts";
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
  const gpuNode = cluster.nodes.flatMap((node, n) => node.gpus.map(() => n));
  const builder = new BlockBuilder(series, cluster.gpus.length, cluster.nodes.length, gpuNode);
  let sequence = options.firstSequence;
  let samples = 0;
  await appendPatiently(options, seriesBlock(series, segments), sequence++);
  for (const segment of segments) {
    for (const block of segmentBlocks(options, segment, builder)) {
      await appendPatiently(options, block, sequence++);
      samples += block.rows;
      options.onProgress?.(samples);
    }
  }
  return { samples, nextSequence: sequence };
}

/** A block ends where the UTC day does: the store keeps days apart, and one block then goes into one of them. */
function* segmentBlocks(options: BackfillOptions, segment: Segment, builder: BlockBuilder): Generator<OutgoingBlock> {
  const simulation = new Simulation(options.cluster, options.seed, options.faults, segment.origin);
  let first = segment.begins;
  for (const tickMs of ticks(simulation.timeMs, segment.stepMs, segment.untilMs)) {
    simulation.step(tickMs);
    if (tickMs < segment.emitFromMs) continue;
    const { lastMs } = builder;
    const newDay = lastMs !== undefined && Math.floor(lastMs / DAY_MS) !== Math.floor(tickMs / DAY_MS);
    if (builder.full || newDay) yield builder.take();
    builder.add(tickMs, simulation.columns, options.seed, first);
    first = false;
  }
  if (builder.lastMs !== undefined) yield builder.take();
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
