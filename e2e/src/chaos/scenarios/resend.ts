import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openSpoolProducer } from "@lockstep/log/spool/producer";
import { audit } from "../audit.ts";
import { Deployment } from "../deployment.ts";
import { KeptProcess } from "../kept-process.ts";
import { Checks, type Scenario } from "../scenario.ts";
import { drained, until } from "../waiting.ts";

/** A collector that dies just after Kafka has acknowledged its blocks and before it writes that down. */
export const resend: Scenario = {
  name: "resend",
  about: "a collector killed between Kafka's acknowledgement and its own",
  seconds: { short: 15, long: 120 },
  async run({ seconds }) {
    const deployment = await Deployment.start({ ingests: 1 });
    const folder = join(deployment.folder, "dying");
    const dying = new KeptProcess({
      name: "dying",
      script: join(import.meta.dirname, "../dying-collector.ts"),
      logFile: join(deployment.folder, "logs", "dying.log"),
      env: { ...deployment.env, LOCKSTEP_DATA: folder },
    });
    try {
      await dying.start();
      await sleep(seconds * 1000);
      // Its end is a kill of its own: told to append no more, it still has to get the rest across.
      const left = async () => {
        const spool = await openSpoolProducer({ path: join(folder, "spool"), producer: "chaos" });
        const bytes = spool.backlogBytes();
        await spool.close();
        return bytes;
      };
      await dying.stop();
      const last = new KeptProcess({
        name: "dying",
        script: join(import.meta.dirname, "../dying-collector.ts"),
        logFile: join(deployment.folder, "logs", "dying.log"),
        env: { ...deployment.env, LOCKSTEP_DATA: folder, CHAOS_ONLY_DRAIN: "1" },
      });
      await last.start();
      await until("the spool is empty", 60_000, async () => (await left()) === 0);
      await last.stop();
      await drained(deployment, 60_000);
      const counted = await audit(deployment.cluster, deployment.store);
      const checks = new Checks();
      checks.atLeast("ends between the acknowledgements", dying.ends, 1);
      checks.atLeast("blocks that Kafka holds twice", counted.sentAgain, 1);
      checks.equal("lost", counted.lost, 0);
      checks.equal("doubled", counted.doubled, 0);
      checks.equal("appends missing in Kafka", counted.missingAppends, 0);
      checks.empty("processes that ended by themselves", deployment.crashes());
      return {
        figures: {
          "ends between the acknowledgements": dying.ends,
          "blocks in Kafka": counted.blocks,
          "blocks that Kafka holds twice": counted.sentAgain,
          samples: counted.rows,
          lost: counted.lost,
          doubled: counted.doubled,
        },
        failures: checks.failures,
      };
    } finally {
      await dying.stop();
      await deployment.stop();
    }
  },
};
