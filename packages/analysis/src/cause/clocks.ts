/** Clocks held down by heat, power or a setting. */
import type { Evidence } from "@lockstep/schemas/domain/finding";
import { clockReasonBit, clockReasonOf } from "../gpu/clock-reasons.ts";
import type { CauseFound, CauseRow, Suspicion } from "./cause-row.ts";
import { above, type Compared, compare, evidenceOf, type Quantity } from "./compare.ts";
import type { GpuWindow } from "./gpu-window.ts";

/** Below this share of the peers' median the SM clock is low. */
const lowClock = 0.95;
/** Of the window that a violation counter must have grown by, beyond the peers'. */
const violationShare = 0.01;
/** Of the window's samples with a reason, beyond the peers': one blip at a change of power state is no throttling. */
const reasonShare = 0.1;

export const smClock: Quantity = ({ smClockMhz }) => smClockMhz;

/** Undefined where it cannot be told. Without peers, against the GPU's own past. */
export function clockIsLow(suspicion: Suspicion): boolean | undefined {
  const clock = compare(smClock, suspicion.suspect, suspicion.peers);
  const usual = clock.peers?.median ?? suspicion.baseline.smClockMhz;
  return clock.value === undefined || usual === undefined ? undefined : clock.value < lowClock * usual;
}

/** 0..1; undefined where reasons were not read. */
export function shareOfReason(bit: number): Quantity {
  return ({ clockReasons }: GpuWindow) =>
    clockReasons === undefined ? undefined : (clockReasons.find((reason) => reason.bit === bit)?.share ?? 0);
}

const violated =
  (kind: "thermal" | "power"): Quantity =>
  ({ violationNs, seconds }) => {
    const ns = violationNs?.[kind];
    return ns === undefined ? undefined : ns / 1e9 / seconds;
  };

type Throttle = {
  readonly code: string;
  readonly text: string;
  readonly bits: readonly number[];
  readonly violation: Quantity;
};

const throttles: readonly Throttle[] = [
  {
    code: "thermal_throttle",
    text: "the GPU is held back by heat: check cooling, airflow and the node's inlet temperature",
    bits: [clockReasonBit.hwThermal, clockReasonBit.swThermal],
    violation: violated("thermal"),
  },
  {
    code: "power_brake",
    text: "the server's power brake holds the GPU back: check power supplies and the rack's budget",
    bits: [clockReasonBit.powerBrake],
    violation: violated("power"),
  },
  {
    code: "power_cap",
    text: "the GPU runs into its power limit and its peers do not: check the limit set",
    bits: [clockReasonBit.powerCap],
    violation: violated("power"),
  },
];

type Held = {
  readonly throttle: Throttle;
  /** How far beyond the peers' middle, as shares of the samples and of the window. */
  readonly reason: number;
  readonly violation: number;
  /** The counter speaks even if the clock does not show it: it grew more than any peer's. */
  readonly beyondAll: boolean;
};

function heldBy({ suspect, peers }: Suspicion, throttle: Throttle): Held {
  const beyond = (quantity: Quantity) => above(compare(quantity, suspect, peers)) ?? 0;
  const violation = compare(throttle.violation, suspect, peers);
  // Under load the power limit is met by all: without peers to compare with it says nothing.
  const highest = violation.peers?.high ?? (throttle.code === "power_cap" ? Number.POSITIVE_INFINITY : 0);
  return {
    throttle,
    reason: Math.max(...throttle.bits.map((bit) => beyond(shareOfReason(bit)))),
    violation: beyond(throttle.violation),
    beyondAll: (violation.value ?? 0) - highest > violationShare,
  };
}

/** Brake and cap share a counter: it speaks of the brake where its reason was seen, else of the cap. */
function allHeld(suspicion: Suspicion): Held[] {
  const held = throttles.map((throttle) => heldBy(suspicion, throttle));
  const braked = held.some(({ throttle, reason }) => throttle.code === "power_brake" && reason >= reasonShare);
  const silent = braked ? "power_cap" : "power_brake";
  return held.map((each) => (each.throttle.code === silent ? { ...each, violation: 0, beyondAll: false } : each));
}

/** Of several, the one that holds most. */
export const throttled: CauseRow = (suspicion) => {
  const low = clockIsLow(suspicion);
  const held = allHeld(suspicion);
  const strength = ({ reason, violation }: Held) => Math.max(reason, violation);
  const worst = (counts: (each: Held) => boolean) =>
    held.filter(counts).sort((a, b) => strength(b) - strength(a))[0]?.throttle;
  if (low) {
    const found = worst(({ reason, violation }) => reason >= reasonShare || violation > violationShare);
    return found ? named(suspicion, found, "high") : hardwareSlowdown(suspicion);
  }
  // With the clock unknown a bad reason still speaks; the cap is usual under load.
  const byReason = ({ throttle, reason }: Held) =>
    low === undefined && reason >= reasonShare && throttle.code !== "power_cap";
  const found = worst((each) => each.beyondAll || byReason(each));
  return found && named(suspicion, found, "medium");
};

/** The reason without a reason beside it: heat or power, told apart by the temperature. */
function hardwareSlowdown(suspicion: Suspicion): CauseFound | undefined {
  const { suspect, peers } = suspicion;
  if (!((above(compare(shareOfReason(clockReasonBit.hwSlowdown), suspect, peers)) ?? 0) >= reasonShare))
    return undefined;
  const temperature = compare(({ temperatureC }) => temperatureC, suspect, peers);
  if (temperature.value === undefined || temperature.peers === undefined) return undefined;
  const [thermal, brake] = throttles;
  return named(suspicion, temperature.value > temperature.peers.high ? thermal! : brake!, "medium");
}

/** Clocks that somebody set. */
export const setLow: CauseRow = (suspicion) => {
  if (!clockIsLow(suspicion)) return undefined;
  const { suspect } = suspicion;
  const bits = [clockReasonBit.applicationClocks, clockReasonBit.displayClocks];
  const seen = bits.some((bit) => (shareOfReason(bit)(suspect) ?? 0) >= reasonShare);
  if (!seen) return undefined;
  return {
    code: "clocks_set_low",
    text: "the GPU's clocks are set lower than its peers': reset the application clocks",
    confidence: confidenceBy(suspicion, "high"),
    evidence: clockEvidence(suspicion),
  };
};

function named(suspicion: Suspicion, { code, text }: Throttle, confidence: CauseFound["confidence"]): CauseFound {
  return { code, text, confidence: confidenceBy(suspicion, confidence), evidence: clockEvidence(suspicion) };
}

/** Fewer than three peers make a weak middle. */
function confidenceBy({ suspect, peers }: Suspicion, best: CauseFound["confidence"]): CauseFound["confidence"] {
  return compare(smClock, suspect, peers).peerCount >= 3 ? best : best === "high" ? "medium" : "low";
}

export function clockEvidence({ suspect, peers, baseline }: Suspicion): Evidence[] {
  const clock = compare(smClock, suspect, peers);
  const quantity = (what: string, unit: string, get: Quantity, factor = 1): Evidence[] =>
    evidenceOf(what, unit, compare(get, suspect, peers), factor);
  return [
    ...evidenceOf("SM clock", "MHz", clock),
    ...(clock.peers === undefined && baseline.smClockMhz !== undefined
      ? [{ what: "SM clock of this GPU's last day", value: baseline.smClockMhz, unit: "MHz" }]
      : []),
    ...(suspect.clockReasons ?? []).map(({ bit }) => reasonEvidence(bit, compare(shareOfReason(bit), suspect, peers))),
    ...quantity("held down by heat, share of the window", "%", violated("thermal"), 100),
    ...quantity("held down by power, share of the window", "%", violated("power"), 100),
    ...quantity("temperature", "C", ({ temperatureC }) => temperatureC),
    ...quantity("power", "W", ({ powerW }) => powerW),
  ];
}

function reasonEvidence(bit: number, compared: Compared): Evidence {
  const { name, text } = clockReasonOf(bit);
  return evidenceOf(`clock reason ${name} (${text}), share of the samples`, "%", compared, 100)[0]!;
}
