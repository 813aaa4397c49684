/** Histograms of one shape add up inside ClickHouse; those of unlike shapes come as a row each and are merged by packages/analysis. */
import { z } from "zod";

/** 'inf' and '-inf' travel as text: JSON has no such number. */
const edge = z.string().transform((text) => (text === "inf" ? Infinity : text === "-inf" ? -Infinity : Number(text)));

export const cellRow = z.object({
  bounds: z.array(edge),
  counts: z.array(z.number()),
  scale: z.number().nullable(),
  zeroThreshold: z.number(),
  zeroCount: z.number(),
  positiveOffset: z.number(),
  positive: z.array(z.number()),
  negativeOffset: z.number(),
  negative: z.array(z.number()),
  names: z.array(z.string()),
  ofNames: z.array(z.number()),
  missing: z.number(),
});

export type CellRow = z.infer<typeof cellRow>;

/** Of one row of `histograms`: what must be alike for two to add up cell by cell. */
export const SHAPE = "histograms.bounds, histograms.scale, zero_threshold, positive_offset, negative_offset";

/** Sums of rows that are grouped by SHAPE. */
export const SUMMED_CELLS = `arrayMap(edge -> toString(edge), histograms.bounds) AS bounds,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.counts)) AS counts,
  histograms.scale AS scale,
  zero_threshold AS zeroThreshold,
  toFloat64(sum(zero_count)) AS zeroCount,
  positive_offset AS positiveOffset,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.positive)) AS positive,
  negative_offset AS negativeOffset,
  arrayMap(n -> toFloat64(n), sumForEach(histograms.negative)) AS negative,
  (sumMap(mapKeys(categories), mapValues(categories)) AS named).1 AS names,
  arrayMap(n -> toFloat64(n), named.2) AS ofNames,
  toFloat64(sum(histograms.missing)) AS missing`;
