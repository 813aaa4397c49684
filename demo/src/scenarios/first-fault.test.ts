/** Who starts the demo waits for its first fault: it must be seen soon, at whatever hour that is. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { REASON_HW_THERMAL, REASON_SW_THERMAL } from "../model/board.ts";
import { LiveSimulation } from "../model/live.ts";
import { Simulation } from "../model/simulation.ts";
import { cluster } from "../testdata/virtual-run.ts";
import { plantFaults, readScenario } from "./scenario.ts";

const HOUR_MS = 3_600_000;
/** Begins at 60 s; then the GPU has to heat up. */
const SEEN_WITHIN_S = 150;
/** Not a divisor of anything in the rhythm of a job. */
const BETWEEN_STARTS_MS = 17 * 60_000 + 13_000;

const scenario = readScenario(join(import.meta.dirname, "../../scenarios/default.yml"), cluster);
const hot = cluster.gpus.find(({ node, gpu }) => node === "node-05" && gpu === 3)!.index;

function secondsUntilThrottled(startMs: number): number {
  const simulation = new Simulation(cluster, 7, plantFaults(scenario, "ready", startMs), startMs - HOUR_MS / 4);
  const live = new LiveSimulation(simulation, () => {});
  for (let second = 0; second < 600; second += 5) {
    const reasons = live.at(startMs + second * 1000).DCGM_FI_DEV_CLOCKS_EVENT_REASONS[hot]!;
    if ((reasons & (REASON_SW_THERMAL | REASON_HW_THERMAL)) !== 0) return second;
  }
  return Number.POSITIVE_INFINITY;
}

test("the first throttle is seen within two and a half minutes of any start", () => {
  const began = Date.parse("2026-11-23T00:00:00Z");
  const late = [];
  for (let startMs = began; startMs < began + 24 * HOUR_MS; startMs += BETWEEN_STARTS_MS) {
    const seconds = secondsUntilThrottled(startMs);
    if (seconds > SEEN_WITHIN_S) late.push({ start: new Date(startMs).toISOString(), seconds });
  }
  // The start at which an evaluation of the job once hid it from a test.
  expect(secondsUntilThrottled(Date.parse("2026-11-23T16:26:40Z"))).toBeLessThanOrEqual(SEEN_WITHIN_S);
  expect(late).toEqual([]);
});
