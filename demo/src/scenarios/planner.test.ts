import { describe, expect, test } from "vitest";
import type { PlantedFault } from "../model/faults.ts";
import { cluster } from "../testdata/virtual-run.ts";
import { faultsAtStart, faultsOfNextRound, withoutOtherScenarios } from "./planner.ts";
import { parseScenario } from "./scenario.ts";

const NOW = Date.UTC(2026, 10, 18, 9);

function scenario(name: string, cycle?: number) {
  const fault = (gpu: number, offset: number) =>
    `  - {kind: hang, node: node-09, gpu: ${gpu}, after: ready, offset_seconds: ${offset}, duration_seconds: 100, truth: t}`;
  const cycled = cycle === undefined ? "" : `cycle_seconds: ${cycle}\n`;
  return parseScenario(
    `name: ${name}\ndescription: d\n${cycled}faults:\n${fault(1, 60)}\n${fault(2, 600)}\n`,
    "s.yml",
    cluster,
  );
}

/** Seconds after NOW at which they begin. */
const starts = (faults: readonly PlantedFault[]) => faults.map(({ startMs }) => (startMs - NOW) / 1000);

describe("faultsAtStart", () => {
  const planted = faultsAtStart(scenario("a", 1000), [], NOW);

  test.each([
    ["the first start plants all", [], 0, undefined, [60, 600]],
    ["a schedule that is under way goes on", planted, 300, 1000, []],
    ["so it does in the quiet time at its end", planted, 990, 1000, []],
    ["after it a start plants anew", planted, 1500, 1000, [1560, 2100]],
    ["one that does not come again is over with its last fault", planted, 699, undefined, []],
    ["and then planted anew", planted, 701, undefined, [761, 1301]],
  ] as const)("%s", (_, before, atSeconds, cycle, expected) => {
    expect(starts(faultsAtStart(scenario("a", cycle), before, NOW + atSeconds * 1000))).toEqual(expected);
  });

  test("a file that was changed is planted anew, but for what is on", () => {
    const [first] = planted;
    expect(starts(faultsAtStart(scenario("a", 1000), [first!], NOW + 100_000))).toEqual([700]);
  });
});

describe("faultsOfNextRound", () => {
  const planted = faultsAtStart(scenario("a", 1000), [], NOW);

  test("comes once, a little before it begins", () => {
    expect(faultsOfNextRound(scenario("a", 1000), planted, NOW + 900_000)).toEqual([]);
    const next = faultsOfNextRound(scenario("a", 1000), planted, NOW + 980_000);
    expect(starts(next)).toEqual([1060, 1600]);
    expect(faultsOfNextRound(scenario("a", 1000), [...planted, ...next], NOW + 981_000)).toEqual([]);
  });

  test("never, where the scenario does not come again", () => {
    expect(faultsOfNextRound(scenario("a"), planted, NOW + 9e6)).toEqual([]);
  });
});

test("with another scenario, what has not begun is gone, and what is on ends", () => {
  const planted = faultsAtStart(scenario("a"), [], NOW);
  const nowMs = NOW + 100_000;
  const left = withoutOtherScenarios(scenario("b"), planted, nowMs);
  expect(left.map(({ source, endMs }) => [source, endMs - nowMs])).toEqual([["a[0]", 30_000]]);
  expect(withoutOtherScenarios(scenario("a"), planted, nowMs)).toEqual(planted);
});
