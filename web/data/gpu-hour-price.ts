import "server-only";
import { processEnv } from "@lockstep/schemas/process/env";

/** Dollars of one GPU for an hour; null where it is not set. */
export function gpuHourPrice(): number | null {
  return processEnv.parse(process.env).LOCKSTEP_GPU_HOUR_PRICE ?? null;
}
