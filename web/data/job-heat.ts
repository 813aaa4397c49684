import "server-only";
import { jobHeat } from "@lockstep/schemas/queries/job-heat";
import { jobsNow } from "@lockstep/schemas/queries/jobs-now";
import { heatCells } from "../jobs/rank-heat.ts";
import { type RangeState, resolveRange } from "../url/range.ts";
import { jobRanks } from "./job-ranks.ts";
import { judgedWindow } from "./judged-window.ts";
import { getStore } from "./store.ts";

export type JobHeatData = {
  /** Column c holds the steps firstStep + c * perColumn * every and on, each `every`th of them. */
  readonly firstStep: number;
  readonly every: number;
  readonly perColumn: number;
  readonly columns: number;
  /** By row, sorted by stage, node and rank. */
  readonly ranks: readonly (number | null)[];
  readonly nodes: readonly string[];
  readonly stages: readonly (number | null)[];
  /** Microseconds, by column; null where nobody was heard. */
  readonly medianUs: readonly (number | null)[];
  /** Base64 of a byte a cell, row by row: see jobs/rank-heat.ts. */
  readonly cells: string;
};

const MAX_CELLS = 1_500_000;
/** Rows that are read for it: two seconds of a core. */
const MAX_ROWS = 2_000_000;
const MAX_COLUMNS = 120;
/** Steps whose rows are read for a column; the others between are left out. */
const MAX_PER_COLUMN = 4;
const MAX_READ_STEPS = 240;

/** null: no step of the job is dated in this range. */
export async function readJobHeat(job: string, state: RangeState, nowMs: number): Promise<JobHeatData | null> {
  const asked = resolveRange(state, nowMs);
  const store = getStore();
  const row = (await store.read(jobsNow(asked))).find((each) => each.job === job);
  if (row === undefined) return null;
  // Steps of an earlier start bear the same numbers.
  const range = { ...asked, fromMs: row.firstAt };
  const { fromMs, toMs } = range;
  const steps = row.lastStep - row.firstStep + 1;
  const ranks = Math.max(1, row.processes);
  const readSteps = Math.max(1, Math.min(MAX_READ_STEPS, Math.floor(MAX_ROWS / row.rowsOfStep)));
  const most = Math.max(1, Math.min(MAX_COLUMNS, steps, readSteps, Math.floor(MAX_CELLS / ranks)));
  const perColumn = Math.max(1, Math.min(MAX_PER_COLUMN, Math.floor(readSteps / most), Math.floor(steps / most)));
  // Rather the newest steps without a gap than all of a few more.
  const every = Math.max(1, Math.round(steps / (most * perColumn)));
  const columns = Math.min(most, Math.ceil(steps / (every * perColumn)));
  const firstStep = row.lastStep - columns * perColumn * every + every;
  const [heat, { ofProcess }, judged] = await Promise.all([
    store.read(jobHeat({ job, fromMs, toMs, firstStep, every, perColumn, columns })),
    jobRanks(job, row.lastStep, range, nowMs),
    judgedWindow(job, row.lastStep, range),
  ]);
  if (heat.length === 0) return null;
  const stages = new Map(judged?.window.ranks.map(({ process }, at) => [process, judged.judgement.ranks.stage[at]!]));
  const rows = heat.map((each) => ({
    ...each,
    rank: ofProcess.get(each.process) ?? null,
    stage: stages.get(each.process) ?? -1,
  }));
  rows.sort(
    (a, b) =>
      a.stage - b.stage ||
      (a.rank ?? Number.MAX_SAFE_INTEGER) - (b.rank ?? Number.MAX_SAFE_INTEGER) ||
      (a.process < b.process ? -1 : 1),
  );
  const { bytes, medianUs } = heatCells(
    rows,
    columns,
    rows.map(({ stage }) => stage),
  );
  return {
    firstStep,
    every,
    perColumn,
    columns,
    ranks: rows.map(({ rank }) => rank),
    nodes: rows.map(({ node }) => node),
    stages: rows.map(({ stage }) => (stage < 0 ? null : stage)),
    medianUs: Array.from(medianUs, (us) => (Number.isNaN(us) ? null : Math.round(us))),
    cells: Buffer.from(bytes.buffer).toString("base64"),
  };
}
