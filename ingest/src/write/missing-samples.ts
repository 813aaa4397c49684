/** Which rows of a range of sample blocks are not in ClickHouse. */
import { SampleBlockView, type SampleKey } from "@lockstep/formats/sample-block-view";
import type { LogMessage } from "@lockstep/log/log";
import { samplesThere } from "@lockstep/schemas/queries/samples-there";
import type { Store } from "@lockstep/store/client";

const DAY_MS = 86_400_000;
/** Rows looked for of each day. One would do: a post's rows of one day are one part, there as a whole or not at all. */
const PROBES = 8;

/** A day (days since 1970, UTC) of which nothing was found, and the range again with only its rows of that day. */
export type MissingDay = { readonly day: number; readonly messages: readonly LogMessage[] };

export async function missingSamples(store: Store, messages: readonly LogMessage[]): Promise<MissingDay[]> {
  const views = messages.map((message) => new SampleBlockView(message.block, message.rows));
  const missing: MissingDay[] = [];
  for (const [day, keys] of probesByDay(views)) {
    if (await arrived(store, keys)) continue;
    missing.push({ day, messages: messages.flatMap((message, i) => ofDay(message, views[i]!, day)) });
  }
  return missing;
}

function ofDay(message: LogMessage, view: SampleBlockView, day: number): LogMessage[] {
  const rows = Array.from({ length: view.rows }, (_, row) => row).filter((row) => dayOf(view.tsMs(row)) === day);
  return rows.length === 0 ? [] : [{ ...message, rows: rows.length, block: view.pick(rows) }];
}

function dayOf(tsMs: number): number {
  return Math.floor(tsMs / DAY_MS);
}

/** A range has up to a million rows, so they are counted and walked again, not kept. */
function probesByDay(views: readonly SampleBlockView[]): Map<number, SampleKey[]> {
  const counts = new Map<number, number>();
  eachRow(views, (_, __, day) => counts.set(day, (counts.get(day) ?? 0) + 1));
  const probes = new Map<number, SampleKey[]>();
  const seen = new Map<number, number>();
  eachRow(views, (view, row, day) => {
    const before = seen.get(day) ?? 0;
    seen.set(day, before + 1);
    if (before % Math.max(1, Math.floor(counts.get(day)! / PROBES)) !== 0) return;
    const keys = probes.get(day) ?? [];
    keys.push(view.key(row));
    probes.set(day, keys);
  });
  return probes;
}

function eachRow(views: readonly SampleBlockView[], visit: (view: SampleBlockView, row: number, day: number) => void) {
  for (const view of views) {
    for (let row = 0; row < view.rows; row++) visit(view, row, dayOf(view.tsMs(row)));
  }
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
