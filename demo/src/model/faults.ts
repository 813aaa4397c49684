/** Faults that are planted in the simulation, with their truth; and decoys, which look like faults and are none. */
import type { TrainingPhase } from "./load.ts";

type Planted = {
  /** Where it comes from: scenario and place in it. */
  readonly source: string;
  readonly startMs: number;
  readonly endMs: number;
  /** What a person would find, in words. */
  readonly truth: string;
};

type OnGpu = Planted & { readonly node: string; readonly gpu: number };
type OnJob = Planted & { readonly job: string };
type OnModel = Planted & { readonly model: string };

export type ThermalThrottle = OnGpu & {
  readonly kind: "thermal-throttle";
  /** Share of the cooling that is lost at the worst, 0..1. */
  readonly coolingLost: number;
  /** Time in which it gets that bad. */
  readonly rampMs: number;
};
/** Warmer than its peers, and not slower. */
export type HotGpu = Omit<ThermalThrottle, "kind"> & { readonly kind: "hot-gpu" };
/** The board's power brake input holds the clock at this share. */
export type PowerBrake = OnGpu & { readonly kind: "power-brake"; readonly clock: number };
/** Transfers of the GPU's network card, or over its NVLinks, take this many times as long. */
export type SlowLink = OnGpu & { readonly kind: "slow-nic" | "slow-nvlink"; readonly factor: number };
/** The GPU waits for its next batch: this share of the compute of a step. */
export type DataLoaderStall = OnGpu & { readonly kind: "data-loader-stall"; readonly share: number };
/** Somebody else's kernels: its own take this many times as long. */
export type NoisyNeighbour = OnGpu & { readonly kind: "noisy-neighbour"; readonly factor: number };
/** Its process enters no collective any more; with the second because the GPU fell off the bus. */
export type Stop = OnGpu & { readonly kind: "hang" | "xid-79" };
/** More work for one rank, in time in which it would wait for the stage before it: a share of a forward pass. */
export type SlackWork = OnGpu & { readonly kind: "slack-work"; readonly share: number };
export type SlowStage = OnJob & { readonly kind: "slow-stage"; readonly stage: number; readonly factor: number };
/** Batches of unequal length: coefficient of variation of the work of a replica in a step. */
export type SequenceImbalance = OnJob & { readonly kind: "sequence-imbalance"; readonly cv: number };
/** What a job is at, in place of what its own rhythm says: a checkpoint, an evaluation, or nothing but its steps. */
export type JobPhase = OnJob & { readonly kind: "checkpoint-pause" | "evaluation-pause" | "steady-work" };

/** Of a served model: prompts become this many times as long. */
export type PromptShift = OnModel & { readonly kind: "prompt-shift"; readonly factor: number };
/** One replica cuts its prompts off after so many tokens. */
export type BrokenReplica = OnModel & {
  readonly kind: "broken-replica";
  readonly replica: number;
  readonly tokens: number;
};
/** This share of the requests comes without the feature. */
export type FeatureMissing = OnModel & {
  readonly kind: "feature-missing";
  readonly feature: string;
  readonly share: number;
};
/** This share of the requests has a category that was not there before. */
export type NewCategory = OnModel & {
  readonly kind: "new-category";
  readonly feature: string;
  readonly category: string;
  readonly share: number;
};
/** What a score means fades, inputs and scores stay: 1 where it means nothing any more. */
export type ConceptDrift = OnModel & { readonly kind: "concept-drift"; readonly share: number };
/** Another version answers, and scores higher. */
export type Deploy = OnModel & { readonly kind: "deploy"; readonly version: string };
/** This many times as many requests, of the same kind. */
export type TrafficBurst = OnModel & { readonly kind: "traffic-burst"; readonly factor: number };

export type GpuFault =
  | ThermalThrottle
  | HotGpu
  | PowerBrake
  | SlowLink
  | DataLoaderStall
  | NoisyNeighbour
  | Stop
  | SlackWork;
export type JobFault = SlowStage | SequenceImbalance | JobPhase;
export type ModelFault =
  | PromptShift
  | BrokenReplica
  | FeatureMissing
  | NewCategory
  | ConceptDrift
  | Deploy
  | TrafficBurst;
export type PlantedFault = GpuFault | JobFault | ModelFault;
export type FaultKind = PlantedFault["kind"];

const DECOYS: ReadonlySet<FaultKind> = new Set([
  "hot-gpu",
  "slack-work",
  "checkpoint-pause",
  "evaluation-pause",
  "steady-work",
  "traffic-burst",
]);

/** Looks like a fault to somebody who looks at one number, and nothing is wrong. */
export function isDecoy(kind: FaultKind): boolean {
  return DECOYS.has(kind);
}

export function isOfJob(fault: PlantedFault): fault is JobFault {
  return "job" in fault;
}

export function isOfModel(fault: PlantedFault): fault is ModelFault {
  return "model" in fault;
}

export function isOn({ startMs, endMs }: PlantedFault, timeMs: number): boolean {
  return timeMs > startMs && timeMs < endMs;
}

/** Share of the cooling lost at a moment. */
export function coolingLost(fault: ThermalThrottle | HotGpu, timeMs: number): number {
  if (!isOn(fault, timeMs)) return 0;
  return fault.coolingLost * Math.min(1, (timeMs - fault.startMs) / Math.max(1, fault.rampMs));
}

/** What the faults of one GPU do to it at a moment, all but heat. */
export type GpuEffect = {
  /** Most that the clock may be, as a share. */
  clock: number;
  /** How many times longer its own work takes, its clock aside. */
  work: number;
  /** Waiting for data, as a share of the compute of a step. */
  stall: number;
  slack: number;
  /** How many times longer its transfers take. */
  nic: number;
  nvlink: number;
  stopped: "hang" | "xid-79" | undefined;
  neighbour: boolean;
};

export const NO_EFFECT: Readonly<GpuEffect> = {
  clock: 1,
  work: 1,
  stall: 0,
  slack: 0,
  nic: 1,
  nvlink: 1,
  stopped: undefined,
  neighbour: false,
};

export function gpuEffect(faults: readonly GpuFault[], timeMs: number): Readonly<GpuEffect> {
  const on = faults.filter((fault) => isOn(fault, timeMs));
  if (on.length === 0) return NO_EFFECT;
  const effect: GpuEffect = { ...NO_EFFECT };
  for (const fault of on) {
    if (fault.kind === "power-brake") effect.clock = Math.min(effect.clock, fault.clock);
    else if (fault.kind === "slow-nic") effect.nic *= fault.factor;
    else if (fault.kind === "slow-nvlink") effect.nvlink *= fault.factor;
    else if (fault.kind === "data-loader-stall") effect.stall += fault.share;
    else if (fault.kind === "slack-work") effect.slack += fault.share;
    else if (fault.kind === "hang" || fault.kind === "xid-79") effect.stopped = fault.kind;
    else if (fault.kind === "noisy-neighbour") {
      effect.work *= fault.factor;
      effect.neighbour = true;
    }
  }
  return effect;
}

const PHASES: Readonly<Record<JobPhase["kind"], TrainingPhase>> = {
  "checkpoint-pause": "checkpoint",
  "evaluation-pause": "evaluation",
  "steady-work": "work",
};

/** What the faults of a job do to it at a moment. */
export type JobEffect = {
  /** By stage: how many times longer its work takes; 1 where absent. */
  readonly stages: ReadonlyMap<number, number>;
  readonly sequenceCv: number;
  /** What it is at, where that was planted. */
  readonly phase: TrainingPhase | undefined;
};

export function jobEffect(faults: readonly JobFault[], timeMs: number): JobEffect {
  const stages = new Map<number, number>();
  let sequenceCv = 0;
  let phase: TrainingPhase | undefined;
  for (const fault of faults) {
    if (!isOn(fault, timeMs)) continue;
    if (fault.kind === "slow-stage") stages.set(fault.stage, (stages.get(fault.stage) ?? 1) * fault.factor);
    else if (fault.kind === "sequence-imbalance") sequenceCv = Math.max(sequenceCv, fault.cv);
    else phase = PHASES[fault.kind];
  }
  return { stages, sequenceCv, phase };
}

/** What the faults of a served model do to it at a moment. */
export type ModelEffect = {
  readonly promptFactor: number;
  /** By replica: tokens after which its prompts are cut off. */
  readonly truncated: ReadonlyMap<number, number>;
  /** By feature: share of the requests that come without it. */
  readonly missing: ReadonlyMap<string, number>;
  /** By feature: the newcomer. */
  readonly newCategories: ReadonlyMap<string, { readonly category: string; readonly share: number }>;
  /** Share of a score's meaning that is gone. */
  readonly conceptLost: number;
  /** That was deployed; undefined: the one before. */
  readonly version: string | undefined;
  readonly traffic: number;
};

export const NO_MODEL_EFFECT: ModelEffect = {
  promptFactor: 1,
  truncated: new Map(),
  missing: new Map(),
  newCategories: new Map(),
  conceptLost: 0,
  version: undefined,
  traffic: 1,
};

export function modelEffect(faults: readonly ModelFault[], timeMs: number): ModelEffect {
  const on = faults.filter((fault) => isOn(fault, timeMs));
  if (on.length === 0) return NO_MODEL_EFFECT;
  const ofKind = <K extends ModelFault["kind"]>(kind: K) =>
    on.filter((fault): fault is Extract<ModelFault, { kind: K }> => fault.kind === kind);
  const product = (faults: readonly { readonly factor: number }[]) =>
    faults.reduce((all, { factor }) => all * factor, 1);
  return {
    promptFactor: product(ofKind("prompt-shift")),
    truncated: new Map(ofKind("broken-replica").map(({ replica, tokens }) => [replica, tokens])),
    missing: new Map(ofKind("feature-missing").map(({ feature, share }) => [feature, share])),
    newCategories: new Map(
      ofKind("new-category").map(({ feature, category, share }) => [feature, { category, share }]),
    ),
    conceptLost: Math.max(0, ...ofKind("concept-drift").map(({ share }) => share)),
    version: ofKind("deploy").at(-1)?.version,
    traffic: product(ofKind("traffic-burst")),
  };
}
