import type { TargetsParams } from "@lockstep/schemas/api/prometheus";
import { formatDuration } from "@lockstep/schemas/api/prometheus-time";
import { type TargetRow, targetsNow } from "@lockstep/schemas/queries/targets-now";
import type { Store } from "@lockstep/store/client";
import { formatLabels, successBody } from "./prometheus-json.ts";

/** The moment Go prints for a time that was never set, as Prometheus does for a target not scraped yet. */
const NEVER = "0001-01-01T00:00:00Z";

export async function targets(store: Pick<Store, "read">, params: TargetsParams): Promise<Generator<string>> {
  const showsActive = params.state === "" || params.state === "any" || params.state === "active";
  const rows = showsActive ? await store.read(targetsNow()) : [];
  const pool = params.scrapePool;
  const shown = pool === undefined || pool === "" ? rows : rows.filter((row) => row.scrapePool === pool);
  // A collector keeps no list of the targets that relabelling drops.
  const data = `{"activeTargets":[${shown.map(writeTarget).join(",")}],"droppedTargets":[],"droppedTargetCounts":{}}`;
  return successBody([data]);
}

function writeTarget(row: TargetRow): string {
  const labels = formatLabels(Object.entries(row.labels));
  const rest = JSON.stringify({
    scrapePool: row.scrapePool,
    scrapeUrl: row.url,
    globalUrl: row.url,
    lastError: row.lastError,
    lastScrape: row.lastScrape === 0 ? NEVER : new Date(row.lastScrape).toISOString(),
    lastScrapeDuration: row.durationSeconds,
    health: row.health,
    scrapeInterval: formatDuration(row.intervalSeconds * 1000),
    scrapeTimeout: formatDuration(row.timeoutSeconds * 1000),
  });
  return `{"discoveredLabels":${formatLabels(Object.entries(row.discoveredLabels))},"labels":${labels},${rest.slice(1)}`;
}
