/** Each way to trouble a deployment, in its short form; `npm run chaos` has the long ones. */
import { brokerMissing } from "@lockstep/log/test/kafka/broker";
import { describe, expect, test } from "vitest";
import type { Scenario } from "../src/chaos/scenario.ts";
import { SCENARIOS } from "../src/chaos/scenarios.ts";

const LIMIT_MS = 300_000;

const missing = brokerMissing();
/** These measure how long something takes, so nothing else runs beside them. */
const TIMED = ["poison", "rebalance", "delay"];

const shortForm = async ({ name, seconds, run }: Scenario) => {
  const seed = Math.floor(Math.random() * 1e9);
  const { figures, failures } = await run({ seconds: seconds.short, seed, print: () => {} });
  const told = Object.entries(figures).map(([what, figure]) => `${what} ${figure}`);
  process.stdout.write(`  ${name}: ${told.join(", ")}\n`);
  expect(failures, `seed ${seed}`).toEqual([]);
};
const title = `$name: $about${missing === undefined ? "" : ` (${missing})`}`;
const isTimed = ({ name }: Scenario) => TIMED.includes(name);

describe.skipIf(missing !== undefined)("chaos", () => {
  test.concurrent.each(SCENARIOS.filter((scenario) => !isTimed(scenario)))(title, shortForm, LIMIT_MS);
  test.each(SCENARIOS.filter(isTimed))(title, shortForm, LIMIT_MS);
});
