/** For tests: a training job and the telemetry of its GPUs, posted as they come in. */

import { ProcessFolder } from "@lockstep/analysis/fold/process-folder";
import type { StepRow } from "@lockstep/analysis/fold/step-row";
import { toStored } from "@lockstep/analysis/fold/stored-step-row";
import { trainingJob } from "@lockstep/analysis/fold/testdata/training-job";
import { encodeRows } from "@lockstep/formats/native";
import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import { metricId } from "@lockstep/schemas/domain/metric-id";
import type { Store } from "@lockstep/store/client";

export const PER_NODE = 4;

export type SimulatedJob = {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly beginsMs: number;
  readonly steps: number;
  readonly tp: number;
  readonly pp: number;
  readonly dp: number;
  /** Of one layer, microseconds. */
  readonly workUs: (rank: number, step: number) => number;
};

type Dated = { readonly row: StepRow; readonly endedMs: number };

/** Rows in the order in which their steps ended. */
export function simulatedRows({ name, beginsMs, ...job }: SimulatedJob): Dated[] {
  const ranks = trainingJob({ ...job, gradNorm: true, perNode: PER_NODE });
  const shiftUs = beginsMs * 1000 - 1.7e15;
  const rows: Dated[] = [];
  for (const operations of ranks) {
    const { process } = operations[0]!.operation;
    const onRow = (row: StepRow) => rows.push({ row, endedMs: Math.round(row.ended! / 1000) });
    const folder = new ProcessFolder({ job: name, process, onRow });
    for (const { operation } of operations)
      folder.push({ ...operation, job: name, startUs: operation.startUs! + shiftUs });
    folder.flush();
  }
  return rows.sort((a, b) => a.endedMs - b.endedMs);
}

let posts = 0;

export async function postRows(store: Store, rows: readonly Dated[]): Promise<void> {
  if (rows.length === 0) return;
  const stored = rows.map(({ row, endedMs }) => toStored(row, endedMs));
  await store.insertNative("collectives", [encodeRows(BLOCK_TABLES.collectives, stored)], { token: `rows ${posts++}` });
}

export function uuidOf(gpu: number): string {
  return `GPU-00000000-0000-0000-0000-${String(gpu).padStart(12, "0")}`;
}

/** As dcgm-exporter labels them: GPU i is number i % PER_NODE of node i / PER_NODE. */
function labelsOf(metric: string, gpu: number): Record<string, string> {
  const node = `node-${Math.floor(gpu / PER_NODE)}`;
  const index = String(gpu % PER_NODE);
  return {
    __name__: metric,
    UUID: uuidOf(gpu),
    gpu: index,
    device: `nvidia${index}`,
    Hostname: node,
    instance: `${node}:9400`,
    job: "dcgm",
    exported_pod: `pod-${gpu}`,
    exported_namespace: "training",
  };
}

export type Sample = { readonly metric: string; readonly gpu: number; readonly ts: number; readonly value: number };

/** Values are whole or have up to three decimals. */
export async function postSamples(store: Store, samples: readonly Sample[]): Promise<void> {
  if (samples.length === 0) return;
  const id = ({ metric, gpu }: Sample) => String(metricId(metric) * 1000 + gpu);
  const series = new Map(samples.map((sample) => [id(sample), sample]));
  await store.insertRows(
    "series",
    [...series].map(([key, { metric, gpu, ts }]) => ({
      metric,
      series: key,
      labels: labelsOf(metric, gpu),
      type: "gauge",
      unit: "",
      first_seen: ts,
      last_seen: ts,
    })),
  );
  await store.insertRows(
    "samples",
    samples.map((sample) => ({
      metric: metricId(sample.metric),
      series: id(sample),
      ts: sample.ts,
      m: Math.round(sample.value * 1000),
      e: 3,
    })),
  );
}

/** One series, with a sample each 15 s from `atMs` on; gives its place in the tables. */
export async function postSeries(
  store: Store,
  { metric, labels }: { readonly metric: string; readonly labels: Record<string, string> },
  atMs: number,
  values: readonly number[],
): Promise<{ readonly metric: number; readonly series: string }> {
  const place = { metric: metricId(metric), series: String(metricId(JSON.stringify(labels))) };
  const seen = { first_seen: atMs, last_seen: atMs };
  await store.insertRows("series", [{ metric, series: place.series, labels, type: "counter", unit: "", ...seen }]);
  await store.insertRows(
    "samples",
    values.map((m, i) => ({ ...place, ts: atMs + i * 15_000, m, e: 0 })),
  );
  return place;
}
