/** When a job that makes no step counts as stalled, and what there is to say of it without dumps. */
import type { Finding } from "@lockstep/schemas/domain/finding";
import type { JobHeardRow } from "@lockstep/schemas/queries/job-window-jobs";
import type { Episode } from "../findings/finding-row.ts";

/** No progress for half a minute, or for ten steps. */
const leastStalledMs = 30_000;
const stalledSteps = 10;

const dumpEnvironment =
  "set TORCH_FR_BUFFER_SIZE=20000 (TORCH_NCCL_TRACE_BUFFER_SIZE before PyTorch 2.8), TORCH_NCCL_DUMP_ON_TIMEOUT=1 and TORCH_FR_DUMP_TEMP_FILE (TORCH_NCCL_DEBUG_INFO_TEMP_FILE), and let the collectors follow the files: traces: - flight_recorder";

export function stalledAfterMs({ stepUs }: JobHeardRow): number {
  return Math.max(leastStalledMs, (stalledSteps * (stepUs ?? 0)) / 1000);
}

/** Why nothing is said of a job that is silent; undefined where something is. */
export function silenceText(silentMs: number, dumps: boolean, hang: boolean): string | undefined {
  if (hang) return undefined;
  const since = `no step for ${Math.round(silentMs / 1000)} s`;
  // A checkpoint, an evaluation, an end.
  if (dumps) return `${since}, and by the dumps no rank waits in an operation: a pause or the end of the job`;
  return `${since}, which a pause, an end and a hang look like: to tell who is waited for, ${dumpEnvironment}`;
}

export function isHang({ finding: { kind } }: Episode): boolean {
  return kind === "hang" || kind === "mismatch";
}

/** Whom a finding of a hang is about. */
export function hangSubject({ kind, communicator = "", rank, ranks = [] }: Finding): string {
  return `${kind} ${communicator} ${rank ?? `of ${ranks.length}`}`;
}
