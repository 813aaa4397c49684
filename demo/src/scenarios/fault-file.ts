/** The faults that a scenario file may name, and what each is planted as. */
import { z } from "zod";
import type { PlantedFault } from "../model/faults.ts";
import { TICK_MS } from "../model/live.ts";

const seconds = z.number().int();

const timing = {
  /** What `offset_seconds` counts from: the first start on a data folder (so: the past), or each time pages are served. */
  after: z.enum(["first-start", "ready"]),
  offset_seconds: seconds,
  duration_seconds: seconds.min(1),
  truth: z.string().min(1),
};
const onGpu = { ...timing, node: z.string(), gpu: z.number().int().min(0) };
const onJob = { ...timing, job: z.string() };
const onModel = { ...timing, model: z.string() };
const heat = {
  ...onGpu,
  ramp_seconds: seconds.min(0).default(60),
  /** Share of the GPU's cooling that is gone at the worst. Below about 0.5 the clocks do not yet suffer. */
  cooling_lost: z.number().gt(0).max(0.9),
};
/** How many times longer something takes. */
const factor = z.number().gt(1).max(20);
const share = z.number().gt(0).max(5);
const shareOfRequests = z.number().gt(0).max(1);

const fault = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("thermal-throttle"), ...heat }),
  z.strictObject({ kind: z.literal("hot-gpu"), ...heat }),
  z.strictObject({ kind: z.literal("power-brake"), ...onGpu, clock: z.number().min(0.3).lt(1) }),
  z.strictObject({ kind: z.enum(["slow-nic", "slow-nvlink", "noisy-neighbour"]), ...onGpu, factor }),
  z.strictObject({ kind: z.enum(["data-loader-stall", "slack-work"]), ...onGpu, share }),
  z.strictObject({ kind: z.enum(["hang", "xid-79"]), ...onGpu }),
  z.strictObject({ kind: z.literal("slow-stage"), ...onJob, stage: z.number().int().min(0), factor }),
  z.strictObject({ kind: z.literal("sequence-imbalance"), ...onJob, cv: z.number().gt(0).max(0.5) }),
  z.strictObject({ kind: z.enum(["checkpoint-pause", "evaluation-pause", "steady-work"]), ...onJob }),
  z.strictObject({ kind: z.enum(["prompt-shift", "traffic-burst"]), ...onModel, factor }),
  z.strictObject({
    kind: z.literal("broken-replica"),
    ...onModel,
    replica: z.number().int().min(0),
    tokens: z.number().int().min(1),
  }),
  z.strictObject({ kind: z.literal("feature-missing"), ...onModel, feature: z.string(), share: shareOfRequests }),
  z.strictObject({
    kind: z.literal("new-category"),
    ...onModel,
    feature: z.string(),
    category: z.string().min(1),
    share: shareOfRequests,
  }),
  z.strictObject({ kind: z.literal("concept-drift"), ...onModel, share: shareOfRequests }),
  z.strictObject({ kind: z.literal("deploy"), ...onModel, version: z.string().min(1) }),
]);

export const timedFault = fault.superRefine((told, context) => {
  const { after, offset_seconds, duration_seconds } = told;
  if (after === "first-start" && offset_seconds + duration_seconds > 0) {
    const message = "a fault before the first start is over by then: expected offset_seconds + duration_seconds <= 0";
    context.addIssue({ code: "custom", path: ["offset_seconds"], message });
  }
  // The simulation stands a tick ahead of what it serves: what is nearer has been decided already.
  if (after === "ready" && offset_seconds * 1000 < TICK_MS) {
    const message = `expected at least ${TICK_MS / 1000} seconds after ready`;
    context.addIssue({ code: "custom", path: ["offset_seconds"], message });
  }
});

export type ScenarioFault = z.infer<typeof fault>;

/** `startMs` is absolute. */
export function planted(told: ScenarioFault, source: string, startMs: number): PlantedFault {
  const { truth } = told;
  const base = { source, startMs, endMs: startMs + told.duration_seconds * 1000, truth };
  if ("model" in told) return onOneModel(told, { ...base, model: told.model });
  switch (told.kind) {
    case "slow-stage":
      return { kind: told.kind, ...base, job: told.job, stage: told.stage, factor: told.factor };
    case "sequence-imbalance":
      return { kind: told.kind, ...base, job: told.job, cv: told.cv };
    case "checkpoint-pause":
    case "evaluation-pause":
    case "steady-work":
      return { kind: told.kind, ...base, job: told.job };
    default:
      return onOneGpu(told, { ...base, node: told.node, gpu: told.gpu });
  }
}

type OnGpu = Extract<ScenarioFault, { node: string }>;
type Place = { source: string; startMs: number; endMs: number; truth: string; node: string; gpu: number };

function onOneGpu(told: OnGpu, place: Place): PlantedFault {
  switch (told.kind) {
    case "thermal-throttle":
    case "hot-gpu":
      return { kind: told.kind, ...place, coolingLost: told.cooling_lost, rampMs: told.ramp_seconds * 1000 };
    case "power-brake":
      return { kind: told.kind, ...place, clock: told.clock };
    case "slow-nic":
    case "slow-nvlink":
      return { kind: told.kind, ...place, factor: told.factor };
    case "noisy-neighbour":
      return { kind: told.kind, ...place, factor: told.factor };
    case "data-loader-stall":
      return { kind: told.kind, ...place, share: told.share };
    case "slack-work":
      return { kind: told.kind, ...place, share: told.share };
    default:
      return { kind: told.kind, ...place };
  }
}

type OnModel = Extract<ScenarioFault, { model: string }>;
type AtModel = { source: string; startMs: number; endMs: number; truth: string; model: string };

function onOneModel(told: OnModel, base: AtModel): PlantedFault {
  switch (told.kind) {
    case "broken-replica":
      return { kind: told.kind, ...base, replica: told.replica, tokens: told.tokens };
    case "feature-missing":
      return { kind: told.kind, ...base, feature: told.feature, share: told.share };
    case "new-category":
      return { kind: told.kind, ...base, feature: told.feature, category: told.category, share: told.share };
    case "concept-drift":
      return { kind: told.kind, ...base, share: told.share };
    case "deploy":
      return { kind: told.kind, ...base, version: told.version };
    default:
      return { kind: told.kind, ...base, factor: told.factor };
  }
}
