/** From a load command to samples as columns. */
import { fromEntries, type Labels, metricName, toMap } from "@lockstep/promql/engine/labels";
import type { SeriesLine } from "./series-notation.ts";
import type { LoadCommand } from "./test-file.ts";
import type { LoadedSeries } from "./way.ts";

export function loadedSeries(command: LoadCommand): LoadedSeries[] {
  // Within one load the last line of a series replaces those before it.
  const lines = new Map(command.series.map((line) => [line.labels.key, line]));
  const loaded = [...lines.values()].map((line) => columnsOf(line, command.stepMs));
  return command.withNativeHistograms ? [...loaded, ...nativeHistograms(loaded)] : loaded;
}

function columnsOf({ labels, values }: SeriesLine, stepMs: number): LoadedSeries {
  const times: number[] = [];
  const samples: number[] = [];
  const stale: number[] = [];
  const histogramTimes: number[] = [];
  values.forEach((value, i) => {
    if (value.kind === "omitted") return;
    if (value.kind === "histogram") {
      histogramTimes.push(i * stepMs);
      return;
    }
    times.push(i * stepMs);
    samples.push(value.kind === "value" ? value.value : Number.NaN);
    stale.push(value.kind === "stale" ? 1 : 0);
  });
  return {
    labels,
    times: Float64Array.from(times),
    values: Float64Array.from(samples),
    stale: stale.includes(1) ? Uint8Array.from(stale) : undefined,
    ...(histogramTimes.length > 0 ? { histogramTimes: Float64Array.from(histogramTimes) } : {}),
  };
}

/** Where the native form of the classic histograms among `loaded` has samples. */
function nativeHistograms(loaded: readonly LoadedSeries[]): LoadedSeries[] {
  const found = new Map<string, { labels: Labels; times: Set<number> }>();
  for (const { labels, times } of loaded) {
    const base = /^(.+)_(?:bucket|count|sum)$/.exec(metricName(labels))?.[1];
    if (base === undefined) continue;
    const map = toMap(labels).set("__name__", base);
    map.delete("le");
    const native = fromEntries(map);
    const known = found.get(native.key) ?? { labels: native, times: new Set() };
    for (const time of times) known.times.add(time);
    found.set(native.key, known);
  }
  return [...found.values()].map(({ labels, times }) => ({
    labels,
    times: new Float64Array(),
    values: new Float64Array(),
    stale: undefined,
    histogramTimes: Float64Array.from(times).sort(),
  }));
}
