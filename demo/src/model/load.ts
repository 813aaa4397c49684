/** What a workload asks of one of its GPUs at a moment: pure functions of time. */
import { smoothNoise, uniform } from "./noise.ts";

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Intensities are shares of 1; rates are bytes a second. */
export type Load = {
  /** Share of time in which a kernel is resident. */
  readonly busy: number;
  readonly sm: number;
  readonly tensor: number;
  readonly dram: number;
  readonly fp32: number;
  readonly fp16: number;
  readonly nvlink: number;
  readonly pcieTx: number;
  readonly pcieRx: number;
};

export const NO_LOAD: Load = {
  busy: 0,
  sm: 0,
  tensor: 0,
  dram: 0,
  fp32: 0,
  fp16: 0,
  nvlink: 0,
  pcieTx: 0,
  pcieRx: 0,
};

export type TrainingProfile = {
  readonly kind: "training";
  readonly framebufferMiB: number;
  /** Share of a step's time that grows as the SM clock falls. */
  readonly clockBound: number;
  /** Of a step in which nothing is slow. */
  readonly stepSeconds: number;
  readonly microBatches: number;
  readonly checkpoint: { readonly everySeconds: number; readonly lastsSeconds: number };
  readonly evaluation: { readonly everySeconds: number; readonly lastsSeconds: number };
  /** A pause (a restart, a wait for data) comes up in this share of 12-hour slots. */
  readonly pauseChance: number;
  readonly compute: Load;
};

export type ServingProfile = {
  readonly kind: "serving";
  readonly framebufferMiB: number;
  readonly clockBound: number;
  /** Share of capacity that is asked for at the weekly peak. */
  readonly peak: number;
  /** The quietest hour of the day as a share of the busiest. */
  readonly trough: number;
  readonly peakHourUtc: number;
  readonly weekend: number;
  /** A nightly batch job at full load, hours UTC. */
  readonly nightly?: { readonly fromHour: number; readonly toHour: number };
  readonly idleShare: number;
  /** At full load. */
  readonly compute: Load;
};

export type TrainingPhase = "work" | "checkpoint" | "evaluation" | "pause";

/** What a training job is at, where nobody planted anything. */
export function trainingPhase(profile: TrainingProfile, seed: number, stream: number, timeMs: number): TrainingPhase {
  const { pause, checkpoint, evaluation } = phaseShares(profile, seed, stream, timeMs);
  if (pause > 0) return "pause";
  if (checkpoint > 0) return "checkpoint";
  return evaluation > 0 ? "evaluation" : "work";
}

function phaseShares(profile: TrainingProfile, seed: number, stream: number, timeMs: number) {
  const pause = pauseShare(profile, seed, stream, timeMs);
  const checkpoint = windowShare(profile.checkpoint, seed, stream + 1, timeMs) * (1 - pause);
  const evaluation = windowShare(profile.evaluation, seed, stream + 2, timeMs) * (1 - pause - checkpoint);
  return { pause, checkpoint, evaluation };
}

const STEADY = { pause: 0, checkpoint: 0, evaluation: 0 };

/**
 * The load on each GPU of a training job, in full compute, checkpoint, evaluation or pause, with short ramps between. `planted`
 * is a phase that a scenario asks for in place of what the job's own rhythm says.
 */
export function trainingLoad(
  profile: TrainingProfile,
  seed: number,
  stream: number,
  timeMs: number,
  planted?: TrainingPhase,
): Load {
  const own = phaseShares(profile, seed, stream, timeMs);
  const shares = planted === undefined ? own : { ...STEADY, [planted]: 1 };
  const { pause, checkpoint, evaluation } = shares;
  const work = Math.max(0, 1 - pause - checkpoint - evaluation);
  // A scrape sees a window shorter than a step: what it finds swings with the phase of the step.
  const phase = Math.cos((2 * Math.PI * timeMs) / (profile.stepSeconds * SECOND_MS));
  const rhythm = 1 + 0.035 * phase + 0.015 * smoothNoise(seed, stream + 3, timeMs, 4 * MINUTE_MS);
  const share = work * rhythm + evaluation * 0.62;
  const { compute } = profile;
  return {
    busy: Math.min(1, work + evaluation * 0.96 + checkpoint * 0.12),
    sm: Math.min(1, compute.sm * share + checkpoint * 0.02),
    tensor: compute.tensor * share,
    dram: compute.dram * share + checkpoint * 0.06,
    fp32: compute.fp32 * share,
    fp16: compute.fp16 * share,
    nvlink: compute.nvlink * (work * (2 - rhythm) + evaluation * 0.3),
    pcieTx: compute.pcieTx * share + checkpoint * 7.4e9,
    pcieRx: compute.pcieRx * share,
  };
}

type Recurring = { readonly everySeconds: number; readonly lastsSeconds: number };

/** 1 inside a recurring window, 0 outside, ramps of 3 s; the phase of the rhythm comes from the seed. */
function windowShare(window: Recurring, seed: number, stream: number, timeMs: number): number {
  const period = window.everySeconds * SECOND_MS;
  const into = (timeMs + uniform(seed, stream, 0) * period) % period;
  return rampedShare(into, window.lastsSeconds * SECOND_MS, 3 * SECOND_MS);
}

function pauseShare(profile: TrainingProfile, seed: number, stream: number, timeMs: number): number {
  const slotMs = 12 * HOUR_MS;
  const slot = Math.floor(timeMs / slotMs);
  if (uniform(seed, stream + 4, slot) >= profile.pauseChance) return 0;
  const start = slot * slotMs + uniform(seed, stream + 5, slot) * (slotMs - 15 * MINUTE_MS);
  const lasts = (2 + 7 * uniform(seed, stream + 6, slot)) * MINUTE_MS;
  return rampedShare(timeMs - start, lasts, 5 * SECOND_MS);
}

/** 0 before 0 and after `lasts`, 1 between, straight ramps inside the window. */
export function rampedShare(into: number, lasts: number, ramp: number): number {
  return Math.max(0, Math.min(1, into / ramp, (lasts - into) / ramp));
}

/** Requests a second asked of a served model, as a share of what it can serve: day, week, and the crowd's unrest. */
export function demandShare(profile: ServingProfile, seed: number, stream: number, timeMs: number): number {
  const hour = (timeMs % DAY_MS) / HOUR_MS;
  const wave = 0.5 + 0.5 * Math.cos((2 * Math.PI * (hour - profile.peakHourUtc)) / 24);
  const day = profile.trough + (1 - profile.trough) * wave ** 1.4;
  // 1970-01-01 was a Thursday: days 2 and 3 after it are the weekend. Blended over two hours, not cut at midnight.
  const week = 1 - (1 - profile.weekend) * weekendShare(timeMs);
  const unrest =
    1 + 0.1 * smoothNoise(seed, stream, timeMs, 17 * MINUTE_MS) + 0.06 * smoothNoise(seed, stream + 1, timeMs, 50_000);
  return Math.max(0.02, Math.min(0.98, profile.peak * day * week * unrest));
}

function weekendShare(timeMs: number): number {
  const sinceSaturday = (((timeMs / DAY_MS - 2) % 7) + 7) % 7;
  return rampedShare(sinceSaturday * DAY_MS, 2 * DAY_MS, 2 * HOUR_MS);
}

/** The load on each GPU of one replica; `replica` names its own share of the unrest, `traffic` is 1 on a usual day. */
export function servingLoad(
  profile: ServingProfile,
  seed: number,
  stream: number,
  replica: number,
  timeMs: number,
  traffic = 1,
): Load {
  const own =
    1 +
    0.06 * (uniform(seed, stream + 2, replica) - 0.5) +
    0.05 * smoothNoise(seed, stream + 3 + replica, timeMs, 90_000);
  const nightly = profile.nightly === undefined ? 0 : nightlyShare(profile.nightly, timeMs);
  const use = Math.min(0.99, Math.max(demandShare(profile, seed, stream, timeMs) * traffic * own, nightly * 0.93));
  // Batches form as load rises: the GPU is seen busy long before it is full.
  const busy = 1 - (1 - use) ** 3;
  const share = profile.idleShare * busy + (1 - profile.idleShare) * use;
  const { compute } = profile;
  return {
    busy: Math.min(1, compute.busy * busy),
    sm: compute.sm * share,
    tensor: compute.tensor * use,
    dram: compute.dram * share,
    fp32: compute.fp32 * use,
    fp16: compute.fp16 * use,
    nvlink: compute.nvlink * use,
    pcieTx: compute.pcieTx * use,
    pcieRx: compute.pcieRx * use,
  };
}

function nightlyShare(nightly: { readonly fromHour: number; readonly toHour: number }, timeMs: number): number {
  const into = (timeMs % DAY_MS) - nightly.fromHour * HOUR_MS;
  return rampedShare(into, (nightly.toHour - nightly.fromHour) * HOUR_MS, 4 * MINUTE_MS);
}
