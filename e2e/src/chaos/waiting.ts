/** Waiting for a deployment to come to rest. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Deployment } from "./deployment.ts";

export async function until(what: string, limitMs: number, done: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await done().catch(() => false))) {
    if (Date.now() > end) throw new Error(`${what}: not within ${limitMs / 1000} s`);
    await sleep(200);
  }
}

/** Resolves when every spool is empty and ingest has committed all that the topics hold. */
export async function drained(deployment: Deployment, limitMs: number): Promise<void> {
  await until("the pipeline is drained", limitMs, async () => {
    return (await deployment.spooledBytes()) === 0 && (await deployment.cluster.lag()) === 0;
  });
}

/**
 * Ends the collectors, which go on telling that their targets are down, when their spools are empty, and waits until all
 * they said is stored.
 */
export async function atRest(deployment: Deployment, limitMs: number): Promise<void> {
  const { collectors } = deployment;
  await until("the spools are empty", limitMs, async () => {
    // A collector that ends hands on what it has, if Kafka takes it in time.
    await Promise.all(collectors.map((collector) => collector.stop()));
    if ((await deployment.spooledBytes()) === 0) return true;
    await Promise.all(collectors.map((collector) => collector.start()));
    await sleep(3_000);
    return false;
  });
  await drained(deployment, limitMs);
}

const target = z.object({ instance: z.string(), last: z.coerce.number() });

/** By target: the time of its newest stored page, in ms since 1970. */
export async function newestPages(deployment: Deployment): Promise<Map<string, number>> {
  const rows = await deployment.store.read({
    name: "chaos_newest",
    sql: `
      SELECT labels['instance'] AS instance, max(newest) AS last
      FROM (SELECT series, max(toUnixTimestamp64Milli(ts)) AS newest FROM samples
            WHERE ts > now64(3) - INTERVAL 30 MINUTE AND series IN (SELECT series FROM series WHERE metric = 'numbered_page')
            GROUP BY series) AS s
      INNER JOIN (SELECT series, any(labels) AS labels FROM series WHERE metric = 'numbered_page' GROUP BY series) AS l USING series
      GROUP BY instance`,
    params: {},
    row: target,
  });
  return new Map(rows.map(({ instance, last }) => [instance, last]));
}

/** Resolves when the newest stored page of each of these targets is younger than `withinMs`. */
export async function caughtUp(
  deployment: Deployment,
  addresses: readonly string[],
  withinMs: number,
  limitMs: number,
): Promise<void> {
  await until("ingest has caught up", limitMs, async () => {
    const newest = await newestPages(deployment);
    return addresses.every((address) => Date.now() - (newest.get(address) ?? 0) < withinMs);
  });
}
