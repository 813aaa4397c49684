/** What is pending, cut into pieces of work. */
import { type KeyRange, type LoadRow, metricsOfBucket } from "@lockstep/schemas/queries/rollup-build";
import type { WindowRange } from "@lockstep/schemas/queries/rollup-levels";
import type { PendingRow } from "@lockstep/schemas/queries/rollup-marks";

const DAY = 86_400;
/**
 * A day that is over is one part in the order of the series: computing one of its windows reads them all. So with many
 * in a day, what lies between them is computed again too.
 */
const MANY_A_DAY = 12;
const SMALL_GAP = 3600;

/** Windows to compute, and the marks that are worked off by it. */
export type Stretch = WindowRange & { readonly marks: readonly PendingRow[] };

/** Ranges that overlap or touch become one, as far as they begin on the same day (UTC); the newest first. */
export function stretches(pending: readonly PendingRow[]): Stretch[] {
  const days = Map.groupBy(pending, ({ since }) => Math.floor(since / DAY));
  return [...days.entries()]
    .sort(([a], [b]) => b - a)
    .flatMap(([, marks]) => {
      const joined = join(marks, 0);
      return (joined.length > MANY_A_DAY ? join(marks, SMALL_GAP) : joined).reverse();
    });
}

function join(marks: readonly PendingRow[], gap: number): Stretch[] {
  const joined: { since: number; until: number; marks: PendingRow[] }[] = [];
  for (const mark of [...marks].sort((a, b) => a.since - b.since)) {
    const last = joined.at(-1);
    if (last !== undefined && mark.since <= last.until + gap) {
      last.until = Math.max(last.until, mark.until);
      last.marks.push(mark);
    } else {
      joined.push({ since: mark.since, until: mark.until, marks: [mark] });
    }
  }
  return joined;
}

const ALL_SERIES: KeyRange["series"] = ["0", String(2n ** 64n - 1n)];

/**
 * Parts of the key with about `maxRows` rows each, in order, all rows in one of them; none where there are no rows. A
 * bucket of metrics that has more is cut by series, which are spread evenly: they are hashes.
 */
export function keyRanges(load: readonly LoadRow[], maxRows: number): KeyRange[] {
  const ranges: KeyRange[] = [];
  let open: { from: number; to: number; rows: number } | undefined;
  const close = () => {
    if (open === undefined) return;
    ranges.push({ metrics: [metricsOfBucket(open.from)[0], metricsOfBucket(open.to)[1]], series: ALL_SERIES });
    open = undefined;
  };
  for (const { bucket, rows } of load) {
    if (open !== undefined && open.rows + rows > maxRows) close();
    if (rows > maxRows) ranges.push(...bySeries(bucket, Math.ceil(rows / maxRows)));
    else open = { from: open?.from ?? bucket, to: bucket, rows: (open?.rows ?? 0) + rows };
  }
  close();
  return ranges;
}

function bySeries(bucket: number, parts: number): KeyRange[] {
  const edge = (part: number) => (2n ** 64n * BigInt(part)) / BigInt(parts);
  return Array.from({ length: parts }, (_, part) => ({
    metrics: metricsOfBucket(bucket),
    series: [String(edge(part)), String(edge(part + 1) - 1n)],
  }));
}

/** The same keys in two parts, by series. */
export function halves({ metrics, series: [from, to] }: KeyRange): readonly [KeyRange, KeyRange] {
  const middle = (BigInt(from) + BigInt(to)) / 2n;
  return [
    { metrics, series: [from, String(middle)] },
    { metrics, series: [String(middle + 1n), to] },
  ];
}
