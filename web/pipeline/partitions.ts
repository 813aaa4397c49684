import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import type { PipelineRow } from "@lockstep/schemas/queries/pipeline-now";
import { growthOf } from "./backlog.ts";
import type { Identity } from "./process-usage.ts";
import { type SelfSeries, select } from "./self-series.ts";

export type PartitionState = {
  readonly topic: string;
  readonly partition: number;
  readonly lagMessages: number | null;
  readonly lagSeconds: number | null;
  /** By how much it grew in the last minutes; null: it did not. */
  readonly growthSeconds: number | null;
  /** The ingest that reads it. */
  readonly owner: string;
};

/** Each partition as its owner tells of it: where several do, after a move, the one heard of last. */
export function partitionsOf(series: SelfSeries, identities: ReadonlyMap<string, Identity>): PartitionState[] {
  const messages = newestByPartition(select(series, SELF_METRICS.lagMessages));
  const ages = newestByPartition(select(series, SELF_METRICS.lagSeconds));
  const keys = [...new Set([...messages.keys(), ...ages.keys()])];
  return keys
    .flatMap((key) => {
      const lag = messages.get(key);
      const age = ages.get(key);
      const row = lag ?? age;
      if (row === undefined) return [];
      const instance = row.labels["instance"] ?? "";
      return {
        topic: row.labels["topic"] ?? "",
        partition: Number(row.labels["partition"] ?? 0),
        lagMessages: lag?.value ?? null,
        lagSeconds: age?.value ?? null,
        growthSeconds: age === undefined ? null : growthOf(age),
        owner: identities.get(instance)?.host ?? instance,
      };
    })
    .sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition));
}

function newestByPartition(rows: readonly PipelineRow[]): Map<string, PipelineRow> {
  const found = new Map<string, PipelineRow>();
  for (const row of rows) {
    if (row.value === null) continue;
    const key = `${row.labels["topic"]}/${row.labels["partition"]}`;
    const other = found.get(key);
    if (other === undefined || other.ts < row.ts) found.set(key, row);
  }
  return found;
}
