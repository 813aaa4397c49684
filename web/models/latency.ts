/** How long a model takes, from its latency histograms. */
import type { CellRow } from "@lockstep/schemas/queries/feature-cell-rows";
import { cellsOf, numbersOf } from "./cells.ts";
import { quantileOf } from "./quantile.ts";

export type Latency = {
  readonly feature: string;
  /** In the unit it was observed in; null where it cannot be told. */
  readonly median: number | null;
  readonly p95: number | null;
};

/** Of each latency; the longest first, since it encloses the others. */
export function latenciesOf(rows: readonly (CellRow & { readonly feature: string })[]): Latency[] {
  return [...Map.groupBy(rows, ({ feature }) => feature)]
    .flatMap(([feature, own]): Latency[] => {
      const numbers = numbersOf(own.map(cellsOf));
      if (numbers === null) return [];
      return [{ feature, median: quantileOf(numbers, 0.5), p95: quantileOf(numbers, 0.95) }];
    })
    .sort((a, b) => (b.median ?? -1) - (a.median ?? -1) || (a.feature < b.feature ? -1 : 1));
}
