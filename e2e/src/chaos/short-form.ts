import { brokerMissing } from "@lockstep/log/test/kafka/broker";
import { expect } from "vitest";
import type { Scenario } from "./scenario.ts";

export const SHORT_FORM_LIMIT_MS = 300_000;

const missing = brokerMissing();
export const cannotRun = missing !== undefined;
export const SHORT_FORM_TITLE = `$name: $about${missing === undefined ? "" : ` (${missing})`}`;

/** These measure how long something takes, so nothing else runs beside them. */
const TIMED = ["poison", "rebalance", "delay"];
export const isTimed = ({ name }: Scenario) => TIMED.includes(name);

export async function runShortForm({ name, seconds, run }: Scenario): Promise<void> {
  const seed = Math.floor(Math.random() * 1e9);
  const { figures, failures } = await run({ seconds: seconds.short, seed, print: () => {} });
  const told = Object.entries(figures).map(([what, figure]) => `${what} ${figure}`);
  process.stdout.write(`  ${name}: ${told.join(", ")}\n`);
  expect(failures, `seed ${seed}`).toEqual([]);
}
