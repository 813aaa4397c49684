import "server-only";
import { z } from "zod";
import { parseInstant, RANGES, type RangeState } from "../url/range.ts";
import { readClusterStatus, readTargets } from "./cluster.ts";
import { readFeature } from "./feature.ts";
import { HISTORY_QUANTITIES, readFleet, readFleetHistory } from "./fleet.ts";
import { readFleetEvents } from "./fleet-events.ts";
import { readGpu } from "./gpu.ts";
import { readJob } from "./job.ts";
import { readJobHang } from "./job-hang.ts";
import { readJobHeat } from "./job-heat.ts";
import { readJobs } from "./jobs.ts";
import { readModel } from "./model.ts";
import { readModels } from "./models.ts";
import { readNode } from "./node.ts";
import { readOpenFindings } from "./open-findings.ts";
import { readPipeline, readPipelineHistory } from "./pipeline.ts";

const instant = z
  .string()
  .refine((text) => parseInstant(text) !== null, "expected a time such as 2026-11-23T10:02:00Z")
  .transform((text) => parseInstant(text));

const range = {
  range: z.enum(RANGES).default("1h"),
  from: instant.nullable().default(null),
  to: instant.nullable().default(null),
};

const name = z.string().min(1).max(500);

function read<Params extends z.ZodType>(
  params: Params,
  run: (params: z.infer<Params>, nowMs: number) => Promise<unknown>,
) {
  return (query: Record<string, string>, nowMs: number) => {
    const parsed = params.safeParse(query);
    return parsed.success
      ? { ok: true as const, run: () => run(parsed.data, nowMs) }
      : { ok: false as const, message: z.prettifyError(parsed.error) };
  };
}

/** What the browser may ask for, by name, and the parameters each takes. */
export const READS = {
  fleet: read(z.strictObject(range), (params: RangeState, nowMs) => readFleet(params, nowMs)),
  "fleet-history": read(z.strictObject({ ...range, quantity: z.enum(HISTORY_QUANTITIES) }), (params, nowMs) =>
    readFleetHistory(params, params.quantity, nowMs),
  ),
  "fleet-events": read(z.strictObject(range), (params: RangeState, nowMs) => readFleetEvents(params, nowMs)),
  node: read(z.strictObject({ ...range, node: name }), (params, nowMs) => readNode(params.node, params, nowMs)),
  gpu: read(z.strictObject({ ...range, gpu: name }), (params, nowMs) => readGpu(params.gpu, params, nowMs)),
  jobs: read(z.strictObject(range), (params: RangeState, nowMs) => readJobs(params, nowMs)),
  job: read(z.strictObject({ ...range, job: name }), (params, nowMs) => readJob(params.job, params, nowMs)),
  "job-heat": read(z.strictObject({ ...range, job: name }), (params, nowMs) => readJobHeat(params.job, params, nowMs)),
  "job-hang": read(z.strictObject({ ...range, job: name }), (params, nowMs) => readJobHang(params.job, params, nowMs)),
  models: read(z.strictObject(range), (params: RangeState, nowMs) => readModels(params, nowMs)),
  model: read(z.strictObject({ ...range, model: name }), (params, nowMs) => readModel(params.model, params, nowMs)),
  feature: read(
    z.strictObject({
      ...range,
      ...{ model: name, feature: name, kind: name.optional(), baseline: name.optional() },
      ...{ version: z.string().max(500).optional(), at: z.coerce.number().int().positive().optional() },
    }),
    (params, nowMs) => readFeature(params, params, nowMs),
  ),
  "open-findings": read(
    z.strictObject({ ...range, node: name.optional(), gpu: name.optional() }),
    ({ node, gpu, ...params }, nowMs) => readOpenFindings({ node, gpu }, params, nowMs),
  ),
  targets: read(z.strictObject({}), (_params, nowMs) => readTargets(nowMs)),
  pipeline: read(z.strictObject(range), (params: RangeState, nowMs) => readPipeline(params, nowMs)),
  "pipeline-history": read(z.strictObject(range), (params: RangeState, nowMs) => readPipelineHistory(params, nowMs)),
  status: read(z.strictObject({}), (_params, nowMs) => readClusterStatus(nowMs)),
} as const;

export type ReadName = keyof typeof READS;
