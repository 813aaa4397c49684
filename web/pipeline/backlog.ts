/** What waits in front of a link of the chain, and whether it grows. */
import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import type { PipelineRow } from "@lockstep/schemas/queries/pipeline-now";
import { maxOf, type SelfSeries, select, totalNow } from "./self-series.ts";

export type Backlog = {
  readonly amount: number;
  readonly unit: "bytes" | "messages" | "windows";
  /** Age of the oldest, over all instances and partitions; null: not told. */
  readonly seconds: number | null;
  /** How much older the oldest is than at the start of the window, where it grows. */
  readonly growthSeconds: number | null;
};

/** A backlog younger than this comes and goes with every post. */
const WORTH_TELLING_SECONDS = 10;
const GROWTH_SECONDS = 5;
const SHORTEST_TREND_SECONDS = 60;

/** null: it is not known. */
export function backlogOf(link: "spool" | "log" | "rollup", series: SelfSeries): Backlog | null {
  const { amounts, ages, unit } = sourcesOf(link, series);
  const amount = totalNow(amounts);
  if (amount === null) return null;
  return {
    amount,
    unit,
    seconds: maxOf(ages.map((row) => row.value)),
    growthSeconds: maxOf(ages.map(growthOf)),
  };
}

function sourcesOf(link: "spool" | "log" | "rollup", series: SelfSeries) {
  if (link === "spool") {
    const amounts = select(series, SELF_METRICS.spoolBytes);
    return { amounts, ages: select(series, SELF_METRICS.spoolAgeSeconds), unit: "bytes" } as const;
  }
  if (link === "log") {
    const amounts = select(series, SELF_METRICS.lagMessages);
    return { amounts, ages: select(series, SELF_METRICS.lagSeconds), unit: "messages" } as const;
  }
  return { amounts: select(series, SELF_METRICS.rollupPending), ages: [], unit: "windows" } as const;
}

/**
 * By how many seconds an age rose in the window; null where it did not, where it is falling from its peak again, or
 * where it was watched too short to tell.
 */
export function growthOf({ value, first, peak, seconds }: PipelineRow): number | null {
  if (value === null || first === null || peak === null || seconds < SHORTEST_TREND_SECONDS) return null;
  const growth = value - first;
  const grows = value >= WORTH_TELLING_SECONDS && growth >= GROWTH_SECONDS && value >= 0.9 * peak;
  return grows ? growth : null;
}
