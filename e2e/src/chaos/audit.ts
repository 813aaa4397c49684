/**
 * Counts exactly. The log keeps every block that a collector had taken into its spool (a block leaves the spool only when
 * Kafka has acknowledged it). The audit reads all topics with a reader of its own, drops what was sent twice, puts the
 * rows into a table beside `samples`, and lets ClickHouse compare the two row by row.
 */
import { SampleBlockView } from "@lockstep/formats/sample-block-view";
import type { Store } from "@lockstep/store/client";
import { z } from "zod";
import type { Cluster } from "./cluster.ts";

const POST_ROWS = 400_000;
/** A comparison holds one hash a sample in memory, so it is done in slices of about so many. */
const SLICE_ROWS = 2_000_000;
const BLOCKS_PER_APPEND = 4096;

export type Audit = {
  /** Blocks of `samples` in Kafka, each once. */
  readonly blocks: number;
  /** Blocks that Kafka holds more than once. */
  readonly sentAgain: number;
  /** Rows of those blocks, each block once. */
  readonly rows: number;
  /** Appends whose number is missing between the first and the last of a producer. */
  readonly missingAppends: number;
  /** Samples of those blocks that are not stored, and stored more often than they should be. */
  readonly lost: number;
  readonly doubled: number;
  /** Blocks whose first time of a series lies before one that stands earlier in the partition. */
  readonly outOfOrder: number;
};

export async function audit(cluster: Cluster, store: Store): Promise<Audit> {
  await store.command("DROP TABLE IF EXISTS audit");
  await store.command(
    "CREATE TABLE audit (metric UInt32, series UInt64, ts DateTime64(3), m Int64, e Int8) ENGINE = MergeTree ORDER BY (metric, series, ts)",
  );
  const seen = new Set<string>();
  const appends = new Map<string, Set<number>>();
  const lastOfSeries = new Map<bigint, number>();
  let [sentAgain, blocks, rows, outOfOrder] = [0, 0, 0, 0];
  let waiting: Uint8Array[] = [];
  let waitingRows = 0;
  const post = async () => {
    await store.insertNative("audit", waiting, { token: `audit-${rows}` });
    waiting = [];
    waitingRows = 0;
  };
  await cluster.readAll(async ({ topic, message }) => {
    const known = appends.get(message.producer) ?? new Set();
    appends.set(message.producer, known.add(Math.floor(message.sequence / BLOCKS_PER_APPEND)));
    if (topic !== "samples") return;
    const id = `${message.producer} ${message.sequence}`;
    if (seen.has(id)) {
      sentAgain += 1;
      return;
    }
    seen.add(id);
    blocks += 1;
    rows += message.rows;
    outOfOrder += isOutOfOrder(new SampleBlockView(message.block, message.rows), lastOfSeries) ? 1 : 0;
    waiting.push(message.block);
    waitingRows += message.rows;
    if (waitingRows >= POST_ROWS) await post();
  });
  if (waitingRows > 0) await post();
  const { lost, doubled } = await compare(store, 1 + Math.floor(rows / SLICE_ROWS));
  return { blocks, sentAgain, rows, missingAppends: gaps(appends), lost, doubled, outOfOrder };
}

/** A producer numbers its appends one after another. */
function gaps(appends: ReadonlyMap<string, ReadonlySet<number>>): number {
  let missing = 0;
  for (const numbers of appends.values()) {
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const number of numbers) {
      first = Math.min(first, number);
      last = Math.max(last, number);
    }
    missing += last - first + 1 - numbers.size;
  }
  return missing;
}

function isOutOfOrder(view: SampleBlockView, lastOfSeries: Map<bigint, number>): boolean {
  let found = false;
  for (let row = 0; row < view.rows; row++) {
    const { series, tsMs } = view.key(row);
    if (tsMs < (lastOfSeries.get(series) ?? 0)) found = true;
    lastOfSeries.set(series, tsMs);
  }
  return found;
}

const counts = z.object({ lost: z.coerce.number(), doubled: z.coerce.number() });

async function compare(store: Store, slices: number): Promise<{ lost: number; doubled: number }> {
  const total = { lost: 0, doubled: 0 };
  for (let slice = 0; slice < slices; slice++) {
    const [row] = await store.read({
      name: "chaos_audit",
      sql: `
        SELECT sumIf(-balance, balance < 0) AS lost, sumIf(balance, balance > 0) AS doubled
        FROM (
          SELECT sum(side) AS balance FROM (
            SELECT series, ts, m, e, 1 AS side FROM samples WHERE series % ${slices} = ${slice}
            UNION ALL SELECT series, ts, m, e, -1 AS side FROM audit WHERE series % ${slices} = ${slice})
          GROUP BY sipHash128(series, ts, m, e) HAVING balance != 0)`,
      params: {},
      row: counts,
    });
    total.lost += row?.lost ?? Number.NaN;
    total.doubled += row?.doubled ?? Number.NaN;
  }
  return total;
}
