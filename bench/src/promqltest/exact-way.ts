/** The exact engine over series kept in memory. */
import { compareLabels, labelValue } from "@lockstep/promql/engine/labels";
import { type QueryOptions, type QueryResult, requestsOf, runQuery } from "@lockstep/promql/engine/query";
import type { SelectorSeries } from "@lockstep/promql/engine/series";
import { compiledMatcher, type Matcher } from "@lockstep/promql/matcher";
import type { VectorSelector } from "@lockstep/promql/parse/ast";
import { parseExpression } from "@lockstep/promql/parse/parse";
import type { LoadedSeries, Way } from "./way.ts";

export type ExactWayOptions = {
  /** Test files are written for Prometheus's test engine, which removes metric names at the end of a query. */
  readonly delayedNames: boolean;
  /** And which takes experimental functions. */
  readonly experimental: boolean;
};

export function exactWay(options: ExactWayOptions): Way {
  let stored = new Map<string, LoadedSeries>();
  const run = (query: string, times: Pick<QueryOptions, "startMs" | "endMs" | "stepMs">): QueryResult => {
    const expression = parseExpression(query, { experimental: options.experimental });
    const queryOptions: QueryOptions = { query, ...times, delayedNames: options.delayedNames };
    const data = new Map<VectorSelector, SelectorSeries[]>();
    for (const request of requestsOf(expression, queryOptions)) {
      data.set(request.node, select([...stored.values()], request.matchers));
    }
    return runQuery(expression, queryOptions, data);
  };
  return {
    name: "exact",
    load: (series) => {
      for (const one of series) {
        const before = stored.get(one.labels.key);
        stored.set(one.labels.key, before === undefined ? one : joined(before, one));
      }
      stored = new Map([...stored].sort(([, a], [, b]) => compareLabels(a.labels, b.labels)));
    },
    clear: () => stored.clear(),
    instant: (query, timeMs) => run(query, { startMs: timeMs, endMs: timeMs, stepMs: undefined }),
    range: (query, startMs, endMs, stepMs) => run(query, { startMs, endMs, stepMs }),
  };
}

function select(series: readonly LoadedSeries[], matchers: readonly Matcher[]): LoadedSeries[] {
  const tests = matchers.map((matcher) => ({ name: matcher.name, fits: compiledMatcher(matcher) }));
  return series.filter(({ labels }) => tests.every(({ name, fits }) => fits(labelValue(labels, name))));
}

/** The first sample at a time stays, as in a store that takes no doubles. */
function joined(a: LoadedSeries, b: LoadedSeries): LoadedSeries {
  const samples = new Map<number, { value: number; stale: number }>();
  for (const { times, values, stale } of [a, b]) {
    times.forEach((time, i) => {
      if (!samples.has(time)) samples.set(time, { value: values[i]!, stale: stale?.[i] ?? 0 });
    });
  }
  const times = Float64Array.from(samples.keys()).sort();
  const histogramTimes = new Set([...(a.histogramTimes ?? []), ...(b.histogramTimes ?? [])]);
  return {
    labels: a.labels,
    times,
    values: times.map((time) => samples.get(time)!.value),
    stale: Uint8Array.from(times, (time) => samples.get(time)!.stale),
    ...(histogramTimes.size > 0 ? { histogramTimes: Float64Array.from(histogramTimes).sort() } : {}),
  };
}
