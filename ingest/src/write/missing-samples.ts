/** Which rows of a range of sample blocks are not in ClickHouse. */
import { SampleBlockView, type SampleKey } from "@lockstep/formats/sample-block-view";
import type { LogMessage } from "@lockstep/log/log";
import { samplesThere } from "@lockstep/schemas/queries/samples-there";
import type { Store } from "@lockstep/store/client";

const DAY_MS = 86_400_000;
/** Rows looked for of each day. One would do: a post's rows of one day are one part, there as a whole or not at all. */
const PROBES = 8;

type Row = { readonly view: SampleBlockView; readonly row: number };

/** The range again with only the rows of those days of which nothing was found. */
export async function missingSamples(store: Store, messages: readonly LogMessage[]): Promise<LogMessage[]> {
  const views = messages.map((message) => new SampleBlockView(message.block, message.rows));
  const missingDays = new Set<number>();
  for (const [day, rows] of rowsByDay(views)) {
    if (!(await arrived(store, probes(rows)))) missingDays.add(day);
  }
  if (missingDays.size === 0) return [];
  return messages.flatMap((message, i) => {
    const view = views[i]!;
    const rows = Array.from({ length: view.rows }, (_, row) => row).filter((row) =>
      missingDays.has(dayOf(view.tsMs(row))),
    );
    return rows.length === 0 ? [] : [{ ...message, rows: rows.length, block: view.pick(rows) }];
  });
}

function dayOf(tsMs: number): number {
  return Math.floor(tsMs / DAY_MS);
}

function rowsByDay(views: readonly SampleBlockView[]): Map<number, Row[]> {
  const days = new Map<number, Row[]>();
  for (const view of views) {
    for (let row = 0; row < view.rows; row++) {
      const day = dayOf(view.tsMs(row));
      const rows = days.get(day) ?? [];
      rows.push({ view, row });
      days.set(day, rows);
    }
  }
  return days;
}

function probes(rows: readonly Row[]): SampleKey[] {
  const step = Math.max(1, Math.floor(rows.length / PROBES));
  return rows.filter((_, i) => i % step === 0).map(({ view, row }) => view.key(row));
}

async function arrived(store: Store, keys: readonly SampleKey[]): Promise<boolean> {
  const query = samplesThere({
    metrics: keys.map(({ metric }) => metric),
    series: keys.map(({ series }) => series.toString()),
    ts: keys.map(({ tsMs }) => tsMs),
  });
  const distinct = new Set(keys.map(({ series, tsMs }) => `${series} ${tsMs}`)).size;
  return ((await store.read(query))[0]?.found ?? 0) >= distinct;
}
