/** What was counted in one window by a histogram that Prometheus scraped: increases of its buckets, resets minded. Pure. */

/** Samples ascending in time; from the last one at or before the window's beginning on, where there is one. */
export type CounterSamples = { readonly times: readonly number[]; readonly values: readonly number[] };

export type BucketSamples = CounterSamples & {
  /** Upper edge; Infinity of the last. */
  readonly le: number;
};

export type Increase =
  | { readonly bounds: readonly number[]; readonly counts: readonly number[]; readonly sum: number | undefined }
  /** Nothing that could be trusted. */
  | { readonly dropped: string };

type Span = { readonly from: number; readonly to: number };

/** Undefined where nothing was counted. Buckets that are not there are no edges. */
export function histogramIncrease(
  buckets: readonly BucketSamples[],
  sum: CounterSamples | undefined,
): Increase | undefined {
  const ascending = joined(buckets).sort((a, b) => a.le - b.le);
  const total = ascending.at(-1);
  if (total === undefined || total.times.length < 2) return undefined;
  // The process began again where its total fell: then every bucket counts from zero, also one that fell nowhere.
  const resets = resetsOf(total);
  const counts: number[] = [];
  let below = 0;
  for (const { le, ...samples } of ascending) {
    const increase = increaseOf(samples, resets);
    if (increase === undefined) return { dropped: `the bucket le="${le}" began anew and the others did not` };
    if (increase < below) return { dropped: `the bucket le="${le}" counted less than the one below it` };
    counts.push(Math.round(increase) - Math.round(below));
    below = increase;
  }
  if (below === 0) return undefined;
  const edges = ascending.map(({ le }) => le);
  // As Prometheus has it: where the first edge is above zero, nothing lies below zero.
  const bounds = [edges[0]! > 0 ? 0 : Number.NEGATIVE_INFINITY, ...edges];
  return { bounds, counts, sum: sum && sumIncrease(sum, resets) };
}

/** After a restart an edge may be written otherwise, 1 for 1.0: it is the same one. */
function joined(buckets: readonly BucketSamples[]): BucketSamples[] {
  return [...Map.groupBy(buckets, ({ le }) => le)].map(([le, parts]) => {
    if (parts.length === 1) return parts[0]!;
    const samples = parts
      .flatMap(({ times, values }) => times.map((time, at) => ({ time, value: values[at]! })))
      .sort((a, b) => a.time - b.time);
    return { le, times: samples.map(({ time }) => time), values: samples.map(({ value }) => value) };
  });
}

function resetsOf({ times, values }: CounterSamples): Span[] {
  const resets: Span[] = [];
  for (let at = 1; at < values.length; at++)
    if (values[at]! < values[at - 1]!) resets.push({ from: times[at - 1]!, to: times[at]! });
  return resets;
}

/** Undefined where it fell though its process went on. */
function increaseOf({ times, values }: CounterSamples, resets: readonly Span[]): number | undefined {
  let increase = 0;
  for (let at = 1; at < values.length; at++) {
    const [before, now] = [values[at - 1]!, values[at]!];
    if (began(times[at - 1]!, times[at]!, resets)) increase += now;
    else if (now < before) return undefined;
    else increase += now - before;
  }
  return increase;
}

/** Sums of values below zero may fall. */
function sumIncrease({ times, values }: CounterSamples, resets: readonly Span[]): number | undefined {
  if (values.length < 2) return undefined;
  let increase = 0;
  for (let at = 1; at < values.length; at++)
    increase += values[at]! - (began(times[at - 1]!, times[at]!, resets) ? 0 : values[at - 1]!);
  return Number.isFinite(increase) ? increase : undefined;
}

function began(from: number, to: number, resets: readonly Span[]): boolean {
  return resets.some((reset) => reset.to > from && reset.to <= to);
}
