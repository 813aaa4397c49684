import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../../system.ts";
import { audit } from "../audit.ts";
import { Deployment } from "../deployment.ts";
import { KeptProcess } from "../kept-process.ts";
import { Checks, type Scenario } from "../scenario.ts";
import { Sender } from "../sender.ts";
import { drained, until } from "../waiting.ts";

/** Longer than a member of the group may be silent, and than its successor takes to post. */
const ASLEEP_MS = 14_000;
const ROWS_PER_SECOND = 50_000;

/** An ingest that falls asleep right before or right after a post, and wakes when its partition is another's. */
export const zombie: Scenario = {
  name: "zombie",
  about: "an ingest stopped around a post and woken after its partition moved",
  seconds: { short: 30, long: 300 },
  async run({ seconds, print }) {
    const deployment = await Deployment.start({ ingests: 1 });
    const sleeper = new KeptProcess({
      name: "sleeper",
      script: join(root, "ingest/test/stops-around-a-post.ts"),
      logFile: join(deployment.folder, "logs", "sleeper.log"),
      env: { ...deployment.env, LOCKSTEP_DATA: join(deployment.folder, "sleeper"), LOCKSTEP_INSTANCE: "sleeper" },
    });
    const sender = await Sender.open(deployment.cluster, 4, 2_000);
    try {
      await sender.send(100_000);
      await drained(deployment, 60_000);
      await sleeper.start();
      const end = Date.now() + seconds * 1000;
      let [over, wakes] = [false, 0];
      const waking = (async () => {
        while (!over) {
          await until("the sleeper sleeps", 60_000, async () => over || isStopped(sleeper.pid));
          if (over) return;
          await sleep(ASLEEP_MS);
          wakes += 1;
          print(`  woken for the ${wakes}. time`);
          sleeper.signal("SIGCONT");
          await sleep(500);
        }
      })();
      while (Date.now() < end || wakes < 2) {
        const started = Date.now();
        await sender.send(ROWS_PER_SECOND);
        await sleep(Math.max(0, 1000 - (Date.now() - started)));
      }
      over = true;
      await waking;
      await sleeper.stop();
      await drained(deployment, 90_000);
      const counted = await audit(deployment.cluster, deployment.store);
      const checks = new Checks();
      checks.atLeast("times it was woken", wakes, 2);
      checks.equal("lost", counted.lost, 0);
      checks.equal("doubled", counted.doubled, 0);
      checks.empty("processes that ended by themselves", [...deployment.crashes(), ...sleeper.crashes]);
      return {
        figures: { "times woken": wakes, samples: counted.rows, lost: counted.lost, doubled: counted.doubled },
        failures: checks.failures,
      };
    } finally {
      await sender.close();
      await sleeper.stop();
      await deployment.stop();
    }
  },
};

async function isStopped(pid: number | undefined): Promise<boolean> {
  if (pid === undefined) return false;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
}
