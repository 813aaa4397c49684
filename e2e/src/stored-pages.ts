/** Which numbered pages are stored, and whether whole and once, judged against what their exporter served. */
import { setTimeout as sleep } from "node:timers/promises";
import { SAMPLE_VALUE } from "@lockstep/schemas/queries/sample-value";
import type { Store } from "@lockstep/store/client";
import { z } from "zod";
import type { NumberedExporter } from "./exporter.ts";

type StoredPage = { readonly samples: number; readonly lines: number };
/** By target and page: how many samples of it are stored, and of how many different lines. */
export type Stored = Map<string, Map<number, StoredPage>>;

/** A page is taken in long before the next one is asked for. */
const IN_FLIGHT_MS = 1_000;

const storedRow = z.object({
  instance: z.string(),
  page: z.coerce.number(),
  samples: z.coerce.number(),
  lines: z.coerce.number(),
});

export async function readStored(store: Store): Promise<Stored> {
  const rows = await store.read({
    name: "e2e_numbered_pages",
    sql: `
      SELECT labels['instance'] AS instance,
        toUInt64(if(name = 'numbered_page', value, intDiv(value, 1000))) AS page,
        count() AS samples, uniqExact(series) AS lines
      FROM (SELECT series, ${SAMPLE_VALUE} AS value FROM samples WHERE isFinite(value)) AS s
      INNER JOIN (SELECT series, any(labels) AS labels, labels['__name__'] AS name FROM series GROUP BY series) AS l USING series
      WHERE name LIKE 'numbered\\_%'
      GROUP BY instance, page`,
    params: {},
    row: storedRow,
  });
  const stored: Stored = new Map();
  for (const { instance, page, samples, lines } of rows) {
    const pages = stored.get(instance) ?? new Map();
    stored.set(instance, pages.set(page, { samples, lines }));
  }
  return stored;
}

const failedRow = z.object({ instance: z.string(), at: z.coerce.number() });

/** By target: when a scrape of it failed, ms since 1970, as `up` tells. What such a scrape was served is not to be stored. */
export async function readFailedScrapes(store: Store): Promise<ReadonlyMap<string, readonly number[]>> {
  const rows = await store.read({
    name: "e2e_failed_scrapes",
    sql: `
      SELECT labels['instance'] AS instance, toUnixTimestamp64Milli(ts) AS at
      FROM (SELECT series, ts, ${SAMPLE_VALUE} AS value FROM samples) AS s
      INNER JOIN (SELECT series, any(labels) AS labels, labels['__name__'] AS name FROM series GROUP BY series) AS l USING series
      WHERE name = 'up' AND value = 0`,
    params: {},
    row: failedRow,
  });
  const failed = Map.groupBy(rows, ({ instance }) => instance);
  return new Map([...failed].map(([instance, own]) => [instance, own.map(({ at }) => at)]));
}

/** What is stored once ingest has moved everything on: the same three times, a second apart. */
export async function whenSettled(store: Store): Promise<Stored> {
  let same = 0;
  let last = "";
  for (;;) {
    const stored = await readStored(store);
    const text = JSON.stringify([...stored].map(([instance, pages]) => [instance, [...pages]]).sort());
    same = text === last ? same + 1 : 0;
    if (same === 3) return stored;
    last = text;
    await sleep(1_000);
  }
}

export type Judgement = {
  readonly served: number;
  readonly stored: number;
  /** In part, or with a line twice. */
  readonly notWhole: readonly number[];
  /** Not stored, and neither a kill of the collector nor a failed scrape at that moment excuses it. */
  readonly lost: readonly number[];
};

export type Excuses = {
  /** Each excuses one page of this target: the one it was about to take in. */
  readonly collectorKills?: readonly number[];
  /** Each excuses the page that it was served: on a busy machine a scrape may take longer than it has. */
  readonly failedScrapes?: readonly number[];
  readonly inFlightMs?: number;
};

/** A scrape bears the moment it was due; on a busy machine its page is served seconds later. Each excuses one page all the same. */
const LATEST_PAGE_MS = 10_000;

/** Excuses are ms since 1970. */
export function judge(
  exporter: NumberedExporter,
  pages: ReadonlyMap<number, StoredPage>,
  { collectorKills = [], failedScrapes = [], inFlightMs = IN_FLIGHT_MS }: Excuses,
): Judgement {
  const whole = exporter.samplesPerPage;
  const notWhole = [...pages].filter(([, { samples, lines }]) => samples !== whole || lines !== whole);
  const excuses = new Set(collectorKills);
  const failed = new Set(failedScrapes);
  const lost = exporter.served.filter(({ sequence, at }) => {
    if (pages.has(sequence)) return false;
    const scrape = [...failed].find((began) => at - began >= -100 && at - began <= LATEST_PAGE_MS);
    if (scrape !== undefined) return !failed.delete(scrape);
    const excuse = [...excuses].find((kill) => kill - at >= -100 && kill - at <= inFlightMs);
    return excuse === undefined || !excuses.delete(excuse);
  });
  return {
    served: exporter.served.length,
    stored: pages.size,
    notWhole: notWhole.map(([page]) => page),
    lost: lost.map(({ sequence }) => sequence),
  };
}
