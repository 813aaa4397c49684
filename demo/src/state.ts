/**
 * What the demo remembers between starts, in one small file that is replaced whole: where the simulation stood at its
 * newest tick, the faults planted, and back-fills that were begun and not finished.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { z } from "zod";
import { ConfigError } from "./config-error.ts";

const snapshot = z.strictObject({
  timeMs: z.number(),
  heat: z.array(z.number()).readonly(),
  counters: z.record(z.string(), z.array(z.number()).readonly()),
  serving: z.record(z.string(), z.array(z.number()).readonly()).optional(),
});

const segment = z.strictObject({
  origin: snapshot,
  untilMs: z.number(),
  stepMs: z.number().positive(),
  emitFromMs: z.number(),
  begins: z.boolean(),
});

const planted = { source: z.string(), startMs: z.number(), endMs: z.number(), truth: z.string() };
const onGpu = { ...planted, node: z.string(), gpu: z.number() };
const onJob = { ...planted, job: z.string() };
const onModel = { ...planted, model: z.string() };
const heat = { ...onGpu, coolingLost: z.number(), rampMs: z.number() };
const factor = z.number();
const share = z.number();

const fault = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("thermal-throttle"), ...heat }),
  z.strictObject({ kind: z.literal("hot-gpu"), ...heat }),
  z.strictObject({ kind: z.literal("power-brake"), ...onGpu, clock: z.number() }),
  z.strictObject({ kind: z.enum(["slow-nic", "slow-nvlink", "noisy-neighbour"]), ...onGpu, factor }),
  z.strictObject({ kind: z.enum(["data-loader-stall", "slack-work"]), ...onGpu, share }),
  z.strictObject({ kind: z.enum(["hang", "xid-79"]), ...onGpu }),
  z.strictObject({ kind: z.literal("slow-stage"), ...onJob, stage: z.number(), factor }),
  z.strictObject({ kind: z.literal("sequence-imbalance"), ...onJob, cv: z.number() }),
  z.strictObject({ kind: z.enum(["checkpoint-pause", "evaluation-pause", "steady-work"]), ...onJob }),
  z.strictObject({ kind: z.enum(["prompt-shift", "traffic-burst"]), ...onModel, factor }),
  z.strictObject({ kind: z.literal("broken-replica"), ...onModel, replica: z.number(), tokens: z.number() }),
  z.strictObject({ kind: z.literal("feature-missing"), ...onModel, feature: z.string(), share }),
  z.strictObject({ kind: z.literal("new-category"), ...onModel, feature: z.string(), category: z.string(), share }),
  z.strictObject({ kind: z.literal("concept-drift"), ...onModel, share }),
  z.strictObject({ kind: z.literal("deploy"), ...onModel, version: z.string() }),
]);

const demoState = z.strictObject({
  version: z.literal(1),
  seed: z.number().int(),
  /** Names this history on the log: a new one, after this file was removed, must not count as sent already. */
  producer: z.string(),
  nextSequence: z.number().int(),
  faults: z.array(fault),
  /** Back-fills not known to be finished, oldest first; the first one's blocks begin at `nextSequence`. */
  pending: z.array(z.array(segment)),
  snapshot,
});

export type DemoState = z.infer<typeof demoState>;

/** undefined where there is none yet. Throws ConfigError for a file that is not a state of this version and cluster. */
export function readState(path: string, gpus: number): DemoState | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const parsed = demoState.safeParse(parseJson(text, path));
  const found = parsed.success ? `state of ${parsed.data.snapshot.heat.length} GPUs` : z.prettifyError(parsed.error);
  if (parsed.success && parsed.data.snapshot.heat.length === gpus) return parsed.data;
  throw new ConfigError(`${path}: found ${found}, expected the state of a demo with ${gpus} GPUs; ${REMEDY}`);
}

const REMEDY = "start with another data folder, or remove this one";

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`${path}: ${(cause as Error).message}; ${REMEDY}`, { cause });
  }
}

/** Replaces the file; a crash leaves the old or the new one. */
export function writeState(path: string, state: DemoState): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}
