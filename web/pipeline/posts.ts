import { SELF_METRICS } from "@lockstep/schemas/process/self-metrics";
import { type Delay, delayOf } from "./delay.ts";
import { total } from "./metric-names.ts";
import { type SelfSeries, select, totalRate, totalRise } from "./self-series.ts";

/** What ingest posts into one table; null: not known. */
export type TablePosts = {
  readonly table: string;
  readonly rowsPerSecond: number | null;
  readonly bytesPerRow: number | null;
  readonly rowsPerPost: number | null;
  readonly delay: Delay | null;
  /** Over the range of the page. */
  readonly retries: number | null;
  readonly replays: number | null;
  readonly skippedBlocks: number | null;
  readonly deadLetters: number | null;
};

const m = SELF_METRICS;
const COUNTERS = [m.ingestPosts, m.ingestRows, m.ingestDeadLetters, m.ingestRetries, m.ingestReplays].map(total);

/** One a table, the busiest first. `now` tells of the last minutes, `events` of the range. */
export function postsOf(now: SelfSeries, events: SelfSeries): TablePosts[] {
  const tables = new Set(
    [...COUNTERS.flatMap((metric) => select(now, metric)), ...COUNTERS.flatMap((metric) => select(events, metric))].map(
      (row) => row.labels["table"] ?? "",
    ),
  );
  const posts = [...tables].filter((table) => table !== "").map((table) => tableOf(table, now, events));
  return posts.sort((a, b) => (b.rowsPerSecond ?? -1) - (a.rowsPerSecond ?? -1) || (a.table < b.table ? -1 : 1));
}

function tableOf(table: string, now: SelfSeries, events: SelfSeries): TablePosts {
  const rose = (name: string) => totalRise(select(now, total(name), { table }));
  const rows = rose(m.ingestRows);
  const bytes = rose(m.ingestBytes);
  const posts = rose(m.ingestPosts);
  // A counter that never counted is not on the page of a process that counts its posts: that is a zero, and known.
  const counts = select(now, total(m.ingestPosts), { table }).length > 0;
  const happened = (name: string) => totalRise(select(events, total(name), { table })) ?? (counts ? 0 : null);
  return {
    table,
    rowsPerSecond: totalRate(select(now, total(m.ingestRows), { table })),
    bytesPerRow: ratio(bytes, rows),
    rowsPerPost: ratio(rows, posts),
    delay: delayOf(now, m.ingestPostSeconds, { table }),
    retries: happened(m.ingestRetries),
    replays: happened(m.ingestReplays),
    skippedBlocks: happened(m.ingestSkippedBlocks),
    deadLetters: happened(m.ingestDeadLetters),
  };
}

function ratio(amount: number | null, of: number | null): number | null {
  return amount === null || of === null || of <= 0 ? null : amount / of;
}
