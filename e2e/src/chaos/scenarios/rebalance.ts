import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { audit } from "../audit.ts";
import { Deployment } from "../deployment.ts";
import { Checks, type Scenario } from "../scenario.ts";
import { Sender } from "../sender.ts";
import { drained, until } from "../waiting.ts";

const PARTITIONS = 4;
/** Of the short form and of the long one. */
const BACKLOG_ROWS = { short: 2_500_000, long: 6_000_000 };
const LONG_SECONDS = 60;
const ROWS_PER_SECOND = 50_000;
/**
 * On one machine Kafka, ClickHouse and the ingests share its cores, and one ingest alone keeps them busy. So ClickHouse is
 * put far away: a post is waited for, and what a second ingest can do meanwhile is what is measured.
 */
const CLICKHOUSE_DELAY_MS = 1_500;
const LEAST_GAIN = 1.05;
const TELL_EVERY = 10;

/** How fast one and two ingests move the same backlog, and what comes of ingests that come and go under load. */
export const rebalance: Scenario = {
  name: "rebalance",
  about: "two ingests are faster than one; ingests that come and go under load lose and double nothing",
  seconds: { short: 20, long: 300 },
  async run({ seconds, print }) {
    const deployment = await Deployment.start({
      ingests: 2,
      partitions: PARTITIONS,
      clickhouseDelayMs: CLICKHOUSE_DELAY_MS,
    });
    const [first, second] = [deployment.ingests[0]!, deployment.ingests[1]!];
    const sender = await Sender.open(deployment.cluster, PARTITIONS);
    try {
      await second.stop();
      await sender.send(200_000);
      await drained(deployment, 60_000);
      const backlog = seconds < LONG_SECONDS ? BACKLOG_ROWS.short : BACKLOG_ROWS.long;
      const alone = await rateOf(deployment, sender, [first], backlog, print);
      const together = await rateOf(deployment, sender, [first, second], backlog, print);
      print(`  ${seconds} s of ${ROWS_PER_SECOND} rows/s while the second ingest comes and goes`);
      const end = Date.now() + seconds * 1000;
      let changes = 0;
      const comingAndGoing = (async () => {
        while (Date.now() < end) {
          await sleep(3_000);
          if (changes % 2 === 0) await second.stop();
          else await second.start();
          changes += 1;
        }
      })();
      for (let second = 0; Date.now() < end; second++) {
        const started = Date.now();
        await sender.send(ROWS_PER_SECOND);
        if (second % TELL_EVERY === 0) {
          const waiting = await deployment.cluster.lag();
          print(
            `  ${Math.round((end - started) / 1000)} s left: ${changes} comings and goings, ${waiting} messages wait`,
          );
        }
        await sleep(Math.max(0, 1000 - (Date.now() - started)));
      }
      await comingAndGoing;
      // What piles up while the partitions are dealt again every 3 s grows with the time of it.
      await drained(deployment, 60_000 + seconds * 1000);
      const counted = await audit(deployment.cluster, deployment.store);
      const checks = new Checks();
      checks.equal("lost", counted.lost, 0);
      checks.equal("doubled", counted.doubled, 0);
      checks.atLeast("gain of a second ingest", together / alone, LEAST_GAIN);
      checks.empty("processes that ended by themselves", deployment.crashes());
      return {
        figures: {
          "ms that ClickHouse is away": CLICKHOUSE_DELAY_MS,
          "rows/s, one ingest": Math.round(alone),
          "rows/s, two ingests": Math.round(together),
          gain: (together / alone).toFixed(2),
          "comings and goings": changes,
          samples: counted.rows,
          lost: counted.lost,
          doubled: counted.doubled,
        },
        failures: checks.failures,
      };
    } finally {
      await sender.close();
      await deployment.stop();
    }
  },
};

const number = z.object({ n: z.coerce.number() });

/** Rows a second from the first stored row of a backlog to the last, with these ingests and no other. */
async function rateOf(
  deployment: Deployment,
  sender: Sender,
  ingests: Deployment["ingests"],
  backlogRows: number,
  print: (line: string) => void,
): Promise<number> {
  const stored = async () => {
    const rows = await deployment.store.read({
      name: "chaos_rows",
      sql: "SELECT count() AS n FROM samples",
      params: {},
      row: number,
    });
    return rows[0]!.n;
  };
  await Promise.all(deployment.ingests.map((ingest) => ingest.stop()));
  const before = await stored();
  const sent = await sender.send(backlogRows);
  await Promise.all(ingests.map((ingest) => ingest.start()));
  await until("the first rows of the backlog", 30_000, async () => (await stored()) > before);
  const began = Date.now();
  const already = (await stored()) - before;
  await until("the backlog is stored", 120_000, async () => (await stored()) - before >= sent);
  const rate = (sent - already) / ((Date.now() - began) / 1000);
  print(`  ${ingests.length} ingest: ${Math.round(rate)} rows/s`);
  return rate;
}
