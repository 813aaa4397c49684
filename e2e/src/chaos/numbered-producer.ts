/** Blocks of numbered samples, sent straight to Kafka as a collector's forwarder would, or appended to a spool. */
import { SampleBlock } from "@lockstep/formats/sample-block";
import type { OutgoingBlock } from "@lockstep/log/log";
import { metricId } from "@lockstep/schemas/domain/metric-id";

const METRIC = metricId("chaos_numbered");
const SERIES_PER_LANE = 1000;

/** Block `number` of a lane: `rows` samples of the lane's series, a second after those of the block before it. */
export function numberedBlock(lane: number, number: number, rows: number, originMs: number): OutgoingBlock {
  const block = new SampleBlock(rows);
  for (let row = 0; row < rows; row++) {
    const series = lane * SERIES_PER_LANE + (row % SERIES_PER_LANE);
    const tsMs = originMs + number * 1000 + Math.floor(row / SERIES_PER_LANE);
    block.pushMantissa(METRIC, series, 7, tsMs, number * rows + row, 0);
  }
  return { table: "samples", version: 1, rows, block: block.encode(), lane };
}
