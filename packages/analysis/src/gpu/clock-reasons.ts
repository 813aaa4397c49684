/** Why a GPU's clocks are below their maximum: the bits of DCGM_FI_DEV_CLOCKS_EVENT_REASONS, which are NVML's. */

export type ClockReason = {
  /** The bit's value, one power of two. */
  readonly bit: number;
  /** "hw_thermal"; a bit not known is named by its value, "0x200". */
  readonly name: string;
  readonly text: string;
  /** Slows the GPU against its owner's will. The power cap is not among them: under load it is usual. */
  readonly bad: boolean;
};

export const clockReasonBit = {
  idle: 0x1,
  applicationClocks: 0x2,
  powerCap: 0x4,
  hwSlowdown: 0x8,
  syncBoost: 0x10,
  swThermal: 0x20,
  hwThermal: 0x40,
  powerBrake: 0x80,
  displayClocks: 0x100,
} as const;

const bit = clockReasonBit;

export const clockReasons: readonly ClockReason[] = [
  { bit: bit.idle, name: "idle", text: "nothing to do", bad: false },
  { bit: bit.applicationClocks, name: "application_clocks", text: "held at the application clocks set", bad: false },
  { bit: bit.powerCap, name: "power_cap", text: "held below the power limit by software", bad: false },
  { bit: bit.hwSlowdown, name: "hw_slowdown", text: "cut to half or less by hardware: heat or power", bad: true },
  { bit: bit.syncBoost, name: "sync_boost", text: "held at the pace of the GPUs boosted with it", bad: false },
  { bit: bit.swThermal, name: "sw_thermal", text: "lowered by software to stay cool", bad: true },
  { bit: bit.hwThermal, name: "hw_thermal", text: "cut by hardware: too hot", bad: true },
  { bit: bit.powerBrake, name: "power_brake", text: "cut by the server's power brake signal", bad: true },
  { bit: bit.displayClocks, name: "display_clocks", text: "held at the clocks of a display setting", bad: false },
];

const byBit = new Map(clockReasons.map((reason) => [reason.bit, reason]));

/** The reasons set in a value, lowest bit first; bits without a name are kept. Empty for what is no such value (NaN, negative). */
export function clockReasonsIn(mask: number): ClockReason[] {
  const found: ClockReason[] = [];
  // By division: the shifts of JavaScript see 32 bits of the 64.
  for (let each = 1; each <= mask && each <= Number.MAX_SAFE_INTEGER; each *= 2)
    if (Math.floor(mask / each) % 2 === 1) found.push(clockReasonOf(each));
  return found;
}

export function clockReasonOf(bitValue: number): ClockReason {
  return (
    byBit.get(bitValue) ?? {
      bit: bitValue,
      name: `0x${bitValue.toString(16)}`,
      text: "a reason this catalog does not know",
      bad: false,
    }
  );
}

/** Each reason with its share of the samples (0..1); NaN samples do not count. Empty of no samples. */
export function clockReasonShares(masks: ArrayLike<number>): { readonly bit: number; readonly share: number }[] {
  const seen = new Map<number, number>();
  let samples = 0;
  for (let i = 0; i < masks.length; i++) {
    if (Number.isNaN(masks[i]!)) continue;
    samples++;
    for (const reason of clockReasonsIn(masks[i]!)) seen.set(reason.bit, (seen.get(reason.bit) ?? 0) + 1);
  }
  return [...seen].sort((a, b) => a[0] - b[0]).map(([each, count]) => ({ bit: each, share: count / samples }));
}
