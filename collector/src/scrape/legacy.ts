/** What a loop leaves to the one that goes on with its target under another configuration. */
import type { NewSeries } from "@lockstep/formats/exposition/page";
import type { SampleBlock } from "@lockstep/formats/sample-block";

type SeriesKey = { readonly metric: number; readonly lo: number; readonly hi: number };

export type Legacy = {
  /** Of the last good page: each goes on in the successor's first page, or is stale from then on. */
  readonly series: readonly SeriesKey[];
  /** Whether the log has `up` and its kin of the target. */
  readonly reported: boolean;
};

export const NO_LEGACY: Legacy = { series: [], reported: false };

export function legacyOf(series: readonly NewSeries[], reported: boolean): Legacy {
  return { series: series.map(({ resolved: { metric, lo, hi } }) => ({ metric, lo, hi })), reported };
}

/** Staleness markers for what is not among `goesOn`. */
export function endLegacy({ series }: Legacy, goesOn: readonly NewSeries[], tsMs: number, page: SampleBlock): void {
  if (series.length === 0) return;
  const kept = new Set(goesOn.map(({ resolved }) => keyOf(resolved)));
  for (const { metric, lo, hi } of series) {
    const key = keyOf({ lo, hi });
    if (kept.has(key)) continue;
    kept.add(key); // a page may have had it twice
    page.pushStale(metric, lo, hi, tsMs);
  }
}

function keyOf({ lo, hi }: { readonly lo: number; readonly hi: number }): string {
  return `${lo >>> 0}/${hi >>> 0}`;
}
