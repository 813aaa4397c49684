/** Faults that are planted in the simulation, with their truth. */

export type ThermalThrottle = {
  readonly kind: "thermal-throttle";
  /** Where it comes from: scenario and place in it. */
  readonly source: string;
  readonly node: string;
  readonly gpu: number;
  readonly startMs: number;
  readonly endMs: number;
  /** Share of the cooling that is lost at the worst, 0..1. */
  readonly coolingLost: number;
  /** Time in which it gets that bad. */
  readonly rampMs: number;
  /** What a person would find, in words. */
  readonly truth: string;
};

export type PlantedFault = ThermalThrottle;

/** Share of the cooling lost at a moment. */
export function coolingLost(fault: ThermalThrottle, timeMs: number): number {
  if (timeMs <= fault.startMs || timeMs >= fault.endMs) return 0;
  return fault.coolingLost * Math.min(1, (timeMs - fault.startMs) / Math.max(1, fault.rampMs));
}
