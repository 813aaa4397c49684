/** Why a GPU's clocks are below their maximum, in the few words that fit a page. */
import { clockReasonBit as bit } from "@lockstep/analysis/gpu/clock-reasons";

export type ClockReason = {
  readonly bit: number;
  readonly words: string;
  /** thermal and brake slow the GPU down against its will; the others are policy or idleness. */
  readonly kind: "thermal" | "power" | "policy" | "idle";
};

export const CLOCK_REASONS: readonly ClockReason[] = [
  { bit: bit.hwThermal, words: "HW thermal slowdown", kind: "thermal" },
  { bit: bit.swThermal, words: "SW thermal slowdown", kind: "thermal" },
  { bit: bit.powerBrake, words: "HW power brake", kind: "power" },
  { bit: bit.hwSlowdown, words: "HW slowdown", kind: "power" },
  { bit: bit.powerCap, words: "power cap", kind: "power" },
  { bit: bit.syncBoost, words: "sync boost", kind: "policy" },
  { bit: bit.applicationClocks, words: "application clocks", kind: "policy" },
  { bit: bit.displayClocks, words: "display clocks", kind: "policy" },
  { bit: bit.idle, words: "idle", kind: "idle" },
];

export const THERMAL_BITS = bit.hwThermal | bit.swThermal;

/** The reasons set in `bits`, worst first; bits without a name are told by their number. */
export function reasonsIn(bits: number): ClockReason[] {
  const known = CLOCK_REASONS.filter((reason) => (bits & reason.bit) !== 0);
  const named = CLOCK_REASONS.reduce((all, reason) => all | reason.bit, 0);
  const rest = bits & ~named;
  return rest === 0 ? known : [...known, { bit: rest, words: `reason 0x${rest.toString(16)}`, kind: "policy" }];
}

export function reasonWords(bits: number): string {
  const reasons = reasonsIn(bits);
  return reasons.length === 0 ? "nothing holds the clocks back" : reasons.map((reason) => reason.words).join(", ");
}

export function isThermal(bits: number | undefined): boolean {
  return bits !== undefined && (bits & THERMAL_BITS) !== 0;
}
