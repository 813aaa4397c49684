import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readStepTrace } from "@lockstep/formats/step-trace/read-step-trace";
import type { StepTrace } from "@lockstep/formats/step-trace/step-trace";
import { parquetReadObjects } from "hyparquet";

const folder = join(import.meta.dirname, "../../../../../../shared/samples/cluster_traces/bytedance_straggler");

export const recordedTracePath = join(folder, "trace-ST.parquet");

/** Undefined on machines without the recordings. */
export async function recordedTrace(): Promise<StepTrace | undefined> {
  if (!existsSync(recordedTracePath)) return undefined;
  const bytes = readFileSync(recordedTracePath);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  return readStepTrace(await parquetReadObjects({ file }));
}

export type PublishedResult = {
  readonly blocking_slowdown: number;
  readonly launch_slowdown: number;
  readonly step_t_nodelay: Record<string, number>;
  readonly step_t_noblk: Record<string, number>;
  readonly blocking_decompose_by_dp_rank: Record<string, number>;
  readonly blocking_decompose_by_stage: Record<string, number>;
  readonly blocking_decompose_by_optype: Record<string, number>;
};

export function published<T>(name: string): T {
  return JSON.parse(readFileSync(join(folder, `${name}-ST.json`), "utf8")) as T;
}
