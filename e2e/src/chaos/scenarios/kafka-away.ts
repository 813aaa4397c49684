import { setTimeout as sleep } from "node:timers/promises";
import { judge, readFailedScrapes, readStored } from "../../stored-pages.ts";
import { audit } from "../audit.ts";
import { Deployment } from "../deployment.ts";
import { Load } from "../load.ts";
import { Checks, type Scenario } from "../scenario.ts";
import { atRest, caughtUp } from "../waiting.ts";

const DRAIN_LIMIT_MS = 120_000;

/** Kafka is gone for a while; targets are scraped into the spool meanwhile. */
export const kafkaAway: Scenario = {
  name: "kafka-away",
  about: "Kafka away: nothing lost, order kept, drained in less than two minutes",
  seconds: { short: 20, long: 600 },
  async run({ seconds, print }) {
    const load = await Load.start({ targets: 20, valuesPerPage: 500 });
    const deployment = await Deployment.start({ config: load.config, ingests: 1 });
    try {
      await caughtUp(deployment, load.live, 5_000, 60_000);
      await deployment.broker.kill();
      print(`  Kafka is away for ${seconds} s`);
      await sleep(seconds * 1000);
      const spooled = await deployment.spooledBytes();
      await deployment.broker.start();
      const back = Date.now();
      await caughtUp(deployment, load.live, 5_000, DRAIN_LIMIT_MS);
      const drainSeconds = (Date.now() - back) / 1000;
      await load.stop();
      await atRest(deployment, 60_000);
      const checks = new Checks();
      const counted = await audit(deployment.cluster, deployment.store);
      const stored = await readStored(deployment.store);
      const failed = await readFailedScrapes(deployment.store);
      const judged = load.exporters.map((exporter, i) => {
        const address = load.addresses[i]!;
        return judge(exporter, stored.get(address) ?? new Map(), { failedScrapes: failed.get(address) ?? [] });
      });
      checks.equal("lost", counted.lost, 0);
      checks.equal("doubled", counted.doubled, 0);
      checks.equal("blocks out of order", counted.outOfOrder, 0);
      checks.empty(
        "pages lost",
        judged.flatMap(({ lost }) => lost),
      );
      checks.empty(
        "pages in part or twice",
        judged.flatMap(({ notWhole }) => notWhole),
      );
      checks.atMost("seconds to drain", drainSeconds, DRAIN_LIMIT_MS / 1000);
      checks.atLeast("bytes in the spool at the end of the outage", spooled, 1);
      checks.empty("processes that ended by themselves", deployment.crashes());
      return {
        figures: {
          "seconds away": seconds,
          "MB in the spool": (spooled / 1e6).toFixed(1),
          "seconds to drain": drainSeconds.toFixed(1),
          "scrapes that failed": [...failed.values()].flat().length,
          "pages served": load.served,
          "pages stored": judged.reduce((sum, page) => sum + page.stored, 0),
          "samples in Kafka": counted.rows,
          "blocks sent again": counted.sentAgain,
          lost: counted.lost,
          doubled: counted.doubled,
          "blocks out of order": counted.outOfOrder,
        },
        failures: checks.failures,
      };
    } finally {
      await load.stop();
      await deployment.stop();
    }
  },
};
