/** What an "unknown" rests on: all that was looked at, and what nobody told. */
import type { Evidence } from "@lockstep/schemas/domain/finding";
import { activityEvidence } from "./activity.ts";
import type { Suspicion } from "./cause-row.ts";
import { clockEvidence } from "./clocks.ts";
import { xidEvidence } from "./faults.ts";
import type { GpuWindow } from "./gpu-window.ts";
import { linkEvidence, nicErrors, nvlinkErrors } from "./links.ts";

const sources: readonly (readonly [string, (window: GpuWindow) => unknown])[] = [
  ["Xid errors", ({ xids }) => xids],
  ["ECC errors", ({ ecc }) => ecc?.doubleBit],
  ["row remapping", ({ rowRemap }) => rowRemap?.pending ?? rowRemap?.failure],
  ["SM clock", ({ smClockMhz }) => smClockMhz],
  ["clock reasons", ({ clockReasons }) => clockReasons],
  ["throttle counters", ({ violationNs }) => violationNs?.thermal ?? violationNs?.power],
  ["engine and SM activity", ({ grEngineActive, smActive }) => grEngineActive ?? smActive],
  ["tensor and memory activity", ({ tensorActive, dramActive }) => tensorActive ?? dramActive],
  ["PCIe replays and width", ({ pcieReplaysPerMinute, pcieWidth }) => pcieReplaysPerMinute ?? pcieWidth],
  ["NVLink errors", nvlinkErrors],
  ["network port errors", nicErrors],
  ["other processes", ({ otherProcesses }) => otherProcesses],
];

/** What of the suspect nobody told. */
export function missingOf(window: GpuWindow): string[] {
  return sources.filter(([, get]) => get(window) === undefined).map(([name]) => name);
}

export function allLookedAt(suspicion: Suspicion): Evidence[] {
  const seen = new Map<string, Evidence>();
  const all = [
    ...xidEvidence(suspicion.suspect),
    ...clockEvidence(suspicion),
    ...activityEvidence(suspicion),
    ...linkEvidence(suspicion),
  ];
  for (const each of all) seen.set(each.what, each);
  return [...seen.values(), ...missingEvidence([suspicion.suspect])];
}

export function missingEvidence(suspects: readonly GpuWindow[]): Evidence[] {
  const missing = [...new Set(suspects.flatMap(missingOf))];
  return missing.length === 0 ? [] : [{ what: "not known of the GPU", value: missing.join(", "), unit: "" }];
}
