import { setTimeout as sleep } from "node:timers/promises";
import { Deployment } from "../deployment.ts";
import { Load } from "../load.ts";
import { Checks, type Scenario } from "../scenario.ts";
import { caughtUp, newestPages } from "../waiting.ts";

const POLL_MS = 100;
const LIMIT_SECONDS = 2;

/** How long after its scrape a page can be asked for, seen from outside: ClickHouse is asked again and again. */
export const delay: Scenario = {
  name: "delay",
  about: "scrape to queryable under load, p99 below 2 s",
  seconds: { short: 20, long: 300 },
  async run({ seconds }) {
    const load = await Load.start({ targets: 40, valuesPerPage: 500 });
    const deployment = await Deployment.start({ config: load.config, ingests: 1 });
    try {
      await caughtUp(deployment, load.live, 3_000, 60_000);
      await sleep(5_000); // past what a start costs
      const { delays, polls } = await observe(deployment, seconds);
      const rows = (delays.length * load.exporters[0]!.samplesPerPage) / seconds;
      delays.sort((a, b) => a - b);
      const quantile = (q: number) =>
        (delays[Math.min(delays.length - 1, Math.floor(q * delays.length))] ?? Number.NaN) / 1000;
      const checks = new Checks();
      checks.atMost("p99 in seconds", quantile(0.99), LIMIT_SECONDS);
      checks.atLeast("pages seen", delays.length, load.addresses.length * seconds * 0.9);
      return {
        figures: {
          seconds,
          "samples/s": Math.round(rows),
          "pages seen": delays.length,
          "p50 s": quantile(0.5).toFixed(2),
          "p90 s": quantile(0.9).toFixed(2),
          "p99 s": quantile(0.99).toFixed(2),
          "max s": quantile(1).toFixed(2),
          "ms between looks": Math.round((seconds * 1000) / polls),
        },
        failures: checks.failures,
      };
    } finally {
      await load.stop();
      await deployment.stop();
    }
  },
};

/** Every new page of every target, with the time from its own timestamp to the end of the look that found it. */
async function observe(deployment: Deployment, seconds: number): Promise<{ delays: number[]; polls: number }> {
  const delays: number[] = [];
  const known = await newestPages(deployment);
  const end = Date.now() + seconds * 1000;
  let polls = 0;
  while (Date.now() < end) {
    const newest = await newestPages(deployment);
    const now = Date.now();
    polls += 1;
    for (const [instance, last] of newest) {
      const before = known.get(instance) ?? last;
      // Pages that came between two looks were all seen at this one; a second lies between them.
      for (let page = last; page > before; page -= 1000) delays.push(now - page);
      known.set(instance, last);
    }
    await sleep(POLL_MS);
  }
  return { delays, polls };
}
