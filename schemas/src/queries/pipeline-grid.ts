import { z } from "zod";
import { metricId } from "../domain/metric-id.ts";
import { GRID_SETTINGS, GRID_VALUES, type Grid, type GridKind, gridParams, gridWindowMs } from "./gpu-grid.ts";
import type { Query } from "./query.ts";

const row = z.object({ key: z.string(), values: z.array(z.number().nullable()) });

export type PipelineGridRow = z.infer<typeof row>;

/**
 * One metric of a job on a grid, its series folded by the label `by`; null at a point where none of them has a value.
 * `sum` adds up what several instances do, `max` finds the worst of them.
 */
export function pipelineGrid(options: {
  job: string;
  metric: string;
  by: string;
  kind: GridKind;
  fold: "sum" | "max";
  grid: Grid;
}): Query<PipelineGridRow> {
  return {
    name: "pipelineGrid",
    sql: `SELECT key, ${options.fold}ForEach(points) AS values
FROM
(
  SELECT
    series AS id,
    ${GRID_VALUES[options.kind]} AS points
  FROM samples
  WHERE metric = {id:UInt32}
    AND ts > fromUnixTimestamp64Milli({since:Int64})
    AND ts <= fromUnixTimestamp64Milli({to:Int64})
    AND series IN (SELECT series FROM series WHERE metric = {metric:String} AND labels['job'] = {job:String})
  GROUP BY series
) AS sampled
INNER JOIN
(
  SELECT series AS id, any(series.labels[{by:String}]) AS key
  FROM series
  WHERE metric = {metric:String} AND labels['job'] = {job:String}
  GROUP BY series
) AS known USING (id)
GROUP BY key
ORDER BY key
LIMIT 1000
${GRID_SETTINGS}`,
    params: {
      job: options.job,
      metric: options.metric,
      id: metricId(options.metric),
      by: options.by,
      ...gridParams(options.grid, gridWindowMs(options.kind, options.grid.stepMs)),
    },
    row,
  };
}
