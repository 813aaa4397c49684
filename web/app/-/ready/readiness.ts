import { HEARTBEAT_LIMIT_MS } from "@lockstep/schemas/process/heartbeat";
import { type HeartbeatRow, healthHeartbeats, healthScrapes, type ScrapesRow } from "@lockstep/schemas/queries/health";
import type { Store } from "@lockstep/store/client";

const PROCESSES = ["collector", "ingest", "watch"] as const;
const SCRAPES_LIMIT_MS = 60_000;
/** What a process started by hand is given: heartbeats of any start count. */
const ANY_RUN = "manual";

/** What keeps the system from being ready, a line each; none: it is. Never rejects. */
export async function notReady(store: Pick<Store, "read">, run: string, nowMs: number): Promise<string[]> {
  try {
    const [beats, [scrapes]] = await Promise.all([
      store.read(healthHeartbeats({ run: run === ANY_RUN ? undefined : run })),
      store.read(healthScrapes({ atMs: nowMs })),
    ]);
    return [...missingProcesses(beats, nowMs), ...(scrapes === undefined ? [] : missingScrapes(scrapes, nowMs))];
  } catch (error) {
    return [`clickhouse: ${error instanceof Error ? error.message.split("\n", 1)[0] : String(error)}`];
  }
}

export function missingProcesses(beats: readonly HeartbeatRow[], nowMs: number): string[] {
  return PROCESSES.flatMap((process) => {
    const newest = Math.max(...beats.filter((beat) => beat.process === process).map((beat) => beat.updated));
    if (newest === Number.NEGATIVE_INFINITY) return [`${process}: no heartbeat since this start`];
    const age = nowMs - newest;
    return age < HEARTBEAT_LIMIT_MS
      ? []
      : [`${process}: last heartbeat ${inSeconds(age)} ago, expected one within ${inSeconds(HEARTBEAT_LIMIT_MS)}`];
  });
}

export function missingScrapes(scrapes: ScrapesRow, nowMs: number): string[] {
  if (scrapes.targets === 0) return [];
  if (scrapes.newestUp === 0) return ["scrapes: none is queryable yet"];
  const limit = Math.max(SCRAPES_LIMIT_MS, 2 * scrapes.longestInterval * 1000);
  const age = nowMs - scrapes.newestUp;
  return age < limit
    ? []
    : [`scrapes: the newest queryable one is ${inSeconds(age)} old, expected one within ${inSeconds(limit)}`];
}

function inSeconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
