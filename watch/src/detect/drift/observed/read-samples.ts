/** Samples and labels of the series of a source's histograms around a window. */
import type { ModelSource } from "@lockstep/config/config";
import { observedFirst } from "@lockstep/schemas/queries/observed-first";
import { prometheusSamples } from "@lockstep/schemas/queries/prometheus";
import { seriesLabels } from "@lockstep/schemas/queries/series-labels";
import type { SeriesSelector } from "@lockstep/schemas/queries/series-matchers";
import { type Store, StoreError } from "@lockstep/store/client";
import { RowBinaryReader } from "@lockstep/store/row-binary";
import type { CounterSamples } from "./histogram-increase.ts";

/** A scrape that is older says nothing of where a window began. */
const lookbackMs = 300_000;
const maxSamples = 4_000_000;
const maxSeries = 200_000;

export type ScrapedSeries = { readonly labels: ReadonlyMap<string, string>; readonly samples: CounterSamples };
export type BinaryReader = Pick<Store, "readBinary">;

/** Rejects with a StoreError; too_big where one source has more samples than can be held at once. */
export async function readSamples(
  store: BinaryReader,
  source: ModelSource,
  { sinceMs, untilMs }: { readonly sinceMs: number; readonly untilMs: number },
  signal: AbortSignal,
): Promise<ScrapedSeries[]> {
  const selectors = selectorsOf(source);
  const scope = { selectors, afterMs: sinceMs - lookbackMs, untilMs };
  const samples = samplesOf(await store.readBinary(prometheusSamples(scope, maxSamples), { signal }), sinceMs);
  if (samples.size === 0) return [];
  const labels = labelsOf(await store.readBinary(seriesLabels(selectors, scope, maxSeries), { signal }));
  return [...samples].flatMap(([series, its]) => {
    const named = labels.get(series);
    return named === undefined ? [] : [{ labels: named, samples: its }];
  });
}

/** When the first of them was scraped in (afterMs, untilMs]; undefined where none was. Milliseconds since 1970. */
export async function firstSample(
  store: BinaryReader,
  source: ModelSource,
  scope: { readonly afterMs: number; readonly untilMs: number },
  signal: AbortSignal,
): Promise<number | undefined> {
  const query = observedFirst({ selectors: selectorsOf(source), ...scope });
  const reader = new RowBinaryReader(await store.readBinary(query, { signal }));
  const firstAt = reader.int64();
  return reader.int64() === 0 ? undefined : firstAt;
}

function selectorsOf({ histograms }: ModelSource): SeriesSelector[] {
  return histograms.flatMap(({ metric, match }) => {
    const matchers = [...match].map(([name, value]) => ({ name, op: "=" as const, value }));
    const named = (name: string) => [{ name: "__name__", op: "=" as const, value: name }, ...matchers];
    return [named(`${metric}_bucket`), named(`${metric}_sum`)];
  });
}

/** Of each series from the last sample at or before `sinceMs` on. */
function samplesOf(answer: Buffer, sinceMs: number): Map<bigint, CounterSamples> {
  const found = new Map<bigint, { times: number[]; values: number[] }>();
  const reader = new RowBinaryReader(answer);
  let [rows, low, high] = [0, -1, -1];
  let current: { times: number[]; values: number[] } = { times: [], values: [] };
  for (; !reader.done; rows++) {
    const id = reader.halves();
    const time = reader.int64();
    const value = reader.f64();
    if (id.low !== low || id.high !== high) {
      ({ low, high } = id);
      current = { times: [], values: [] };
      found.set((BigInt(high) << 32n) | BigInt(low), current);
    }
    // Scrapes before the window count by the last of them alone.
    if (time <= sinceMs && current.times.length > 0) current.times.length = current.values.length = 0;
    if (Number.isNaN(value)) continue;
    current.times.push(time);
    current.values.push(value);
  }
  if (rows < maxSamples) return found;
  const what = `a window of one source of lockstep.models has more than ${maxSamples} samples`;
  throw new StoreError("too_big", `${what}; tell its models apart by match, or make its window shorter`);
}

function labelsOf(answer: Buffer): Map<bigint, ReadonlyMap<string, string>> {
  const found = new Map<bigint, ReadonlyMap<string, string>>();
  const reader = new RowBinaryReader(answer);
  while (!reader.done) {
    const series = reader.u64();
    const names = reader.array((each) => each.string());
    const values = reader.array((each) => each.string());
    found.set(series, new Map(names.map((name, at) => [name, values[at] ?? ""])));
  }
  return found;
}
