/** The pipeline over the range of the page, from counters' rates on its grid. */
import type { PipelineGridRow } from "@lockstep/schemas/queries/pipeline-grid";
import type { Values } from "../fleet/grids.ts";
import { boundOf, quantile } from "./delay.ts";

/** Quantiles at each point of the grid, from the rates of a histogram's buckets by `le`; null where nothing was counted. */
export function quantilesOver(rows: readonly PipelineGridRow[], share: number, length: number): Values {
  const bounds = rows.flatMap((row) => {
    const bound = boundOf(row.key);
    return bound === null ? [] : [{ bound, values: row.values }];
  });
  return Array.from({ length }, (_, position) => {
    const buckets = new Map<number, number>();
    for (const { bound, values } of bounds) {
      const value = values[position];
      if (value !== null && value !== undefined) buckets.set(bound, value);
    }
    return quantile(share, buckets);
  });
}

/** sums / counts, point by point; null where nothing was counted. */
export function meansOver(sums: Values, counts: Values): Values {
  return sums.map((sum, position) => {
    const count = counts[position] ?? null;
    return sum === null || count === null || count <= 0 ? null : sum / count;
  });
}

export function valuesOfKey(rows: readonly PipelineGridRow[], key: string, length: number): Values {
  return rows.find((row) => row.key === key)?.values ?? Array.from({ length }, () => null);
}
