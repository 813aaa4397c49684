/** Which faults of a scenario are to be planted now: at a start, and when its schedule comes round again. */
import type { PlantedFault } from "../model/faults.ts";
import { TICK_MS } from "../model/live.ts";
import { plantFaults, type Scenario } from "./scenario.ts";

/** The next round is planted so long before it begins: the simulation stands a tick ahead. */
const AHEAD_MS = 2 * TICK_MS;

/** At a start: a schedule that is under way goes on where it was; what an earlier start planted and is on stays. */
export function faultsAtStart(scenario: Scenario, planted: readonly PlantedFault[], nowMs: number): PlantedFault[] {
  if (isUnderWay(scenario, planted, nowMs)) return [];
  return plantFaults(scenario, "ready", nowMs).filter(
    (fresh) =>
      !planted.some((fault) => fault.source === fresh.source && fault.endMs > nowMs && fault.startMs <= fresh.endMs),
  );
}

/** While it runs: the next round, shortly before it begins. */
export function faultsOfNextRound(scenario: Scenario, planted: readonly PlantedFault[], nowMs: number): PlantedFault[] {
  const origin = originOf(scenario, planted);
  if (scenario.cycle_seconds === undefined || origin === undefined) return [];
  const next = origin + scenario.cycle_seconds * 1000;
  return nowMs < next - AHEAD_MS ? [] : plantFaults(scenario, "ready", Math.max(next, nowMs));
}

/** What an earlier start with another scenario planted: what has not begun never comes, and what is on ends soon. */
export function withoutOtherScenarios(
  scenario: Scenario,
  planted: readonly PlantedFault[],
  nowMs: number,
): PlantedFault[] {
  const soon = nowMs + 2 * TICK_MS;
  return planted.flatMap((fault) => {
    if (fault.source.replace(/\[\d+\]$/, "") === scenario.name || fault.endMs <= soon) return [fault];
    return fault.startMs > nowMs ? [] : [{ ...fault, endMs: soon }];
  });
}

function isUnderWay(scenario: Scenario, planted: readonly PlantedFault[], nowMs: number): boolean {
  const origin = originOf(scenario, planted);
  if (origin === undefined) return false;
  const round = plantFaults(scenario, "ready", origin);
  // A file that was changed since is another schedule.
  const whole = round.every(({ source, startMs }) =>
    planted.some((fault) => fault.source === source && fault.startMs === startMs),
  );
  const lasts = scenario.cycle_seconds ?? Math.max(...round.map(({ endMs }) => endMs - origin)) / 1000;
  return whole && nowMs < origin + lasts * 1000;
}

/** When the newest round began; undefined before the first. */
function originOf(scenario: Scenario, planted: readonly PlantedFault[]): number | undefined {
  let origin: number | undefined;
  for (const { source, startMs } of plantFaults(scenario, "ready", 0)) {
    for (const fault of planted) {
      if (fault.source === source) origin = Math.max(origin ?? Number.NEGATIVE_INFINITY, fault.startMs - startMs);
    }
  }
  return origin;
}
