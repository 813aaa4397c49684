/** What the simulated GPUs and the planted faults mean for a training job at a moment. */
import { SM_CLOCK_MHZ } from "../model/board.ts";
import type { FaultBook } from "../model/fault-book.ts";
import { trainingPhase } from "../model/load.ts";
import type { Columns } from "../model/readings.ts";
import { stageOf, type TrainingJob } from "./job.ts";
import type { JobMoment } from "./running-job.ts";

/** `columns` are what the GPUs show at that moment: a lower clock makes a rank's own work longer. */
export function momentOf(job: TrainingJob, book: FaultBook, columns: Columns, seed: number, timeMs: number): JobMoment {
  const { clockBound } = job.profile;
  const ranks = job.gpus.length;
  const filled = (value: number) => new Float64Array(ranks).fill(value);
  const ofJob = book.effectOnJob(job.name, timeMs);
  const conditions = {
    work: filled(1),
    stall: filled(0),
    slack: filled(0),
    nic: filled(1),
    nvlink: filled(1),
    stopped: new Uint8Array(ranks),
    sequenceCv: ofJob.sequenceCv,
  };
  const gone: number[] = [];
  for (const [rank, { index }] of job.gpus.entries()) {
    const effect = book.effectOn(index, timeMs);
    const clock = columns.DCGM_FI_DEV_SM_CLOCK[index]! / SM_CLOCK_MHZ;
    const stage = ofJob.stages.get(stageOf(job, rank)) ?? 1;
    conditions.work[rank] = (1 - clockBound + clockBound / clock) * effect.work * stage;
    conditions.stall[rank] = effect.stall;
    conditions.slack[rank] = effect.slack;
    conditions.nic[rank] = effect.nic;
    conditions.nvlink[rank] = effect.nvlink;
    if (effect.stopped !== undefined) conditions.stopped[rank] = 1;
    if (effect.stopped === "xid-79") gone.push(rank);
  }
  const own = trainingPhase(job.profile, seed, job.stream, timeMs);
  return { conditions, phase: ofJob.phase ?? own, gone };
}
