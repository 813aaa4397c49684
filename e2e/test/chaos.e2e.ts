/** Each way to trouble a deployment, in its short form; `npm run chaos` has the long ones. */
import { brokerMissing } from "@lockstep/log/test/kafka/broker";
import { expect, test } from "vitest";
import { SCENARIOS } from "../src/chaos/scenarios.ts";

const missing = brokerMissing();

test.skipIf(missing !== undefined).each(SCENARIOS)(
  `$name: $about${missing === undefined ? "" : ` (${missing})`}`,
  async ({ name, seconds, run }) => {
    const seed = Math.floor(Math.random() * 1e9);
    const { figures, failures } = await run({ seconds: seconds.short, seed, print: () => {} });
    process.stdout.write(
      `  ${name}: ${Object.entries(figures)
        .map(([what, figure]) => `${what} ${figure}`)
        .join(", ")}\n`,
    );
    expect(failures, `seed ${seed}`).toEqual([]);
  },
  300_000,
);
