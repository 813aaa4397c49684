import "server-only";
import { clusterProcesses } from "@lockstep/schemas/queries/cluster-processes";
import { findings } from "@lockstep/schemas/queries/findings";
import { jobSteps } from "@lockstep/schemas/queries/job-steps";
import { type JobNowRow, jobsNow } from "@lockstep/schemas/queries/jobs-now";
import type { Values } from "../fleet/grids.ts";
import { type FindingView, findingView } from "../jobs/finding-view.ts";
import { fileProblemsOf, type JobState, jobStates } from "../jobs/job-states.ts";
import { type Losses, lossesOf } from "../jobs/losses.ts";
import { type RangeState, resolveRange, type TimeRange } from "../url/range.ts";
import { gpuHourPrice } from "./gpu-hour-price.ts";
import { getStore } from "./store.ts";

export type JobSummary = {
  readonly job: string;
  readonly ranks: number;
  readonly nodes: number;
  readonly lastStep: number;
  readonly lastMs: number;
  /** Median of the range, seconds; null where nothing is dated. */
  readonly stepSeconds: number | null;
  readonly stepHistory: Values;
  /** Of the open findings, the largest; 1 where none is open and the job was judged, null where it was not. */
  readonly slowdown: number | null;
  readonly losses: Losses;
  readonly open: readonly FindingView[];
  readonly closed: number;
  readonly state: JobState | null;
};

export type JobsData = {
  readonly atMs: number;
  readonly live: boolean;
  /** Dollars of a GPU for an hour; null: not set. */
  readonly price: number | null;
  readonly jobs: readonly JobSummary[];
  /** Known by their traces, without a single step yet. */
  readonly waiting: readonly JobState[];
  readonly fileProblems: readonly string[];
};

const MAX_FINDINGS = 2000;
const SPARK_POINTS = 60;
/** Of more jobs than this the small lines are left out. */
const MAX_SPARKS = 40;

export async function readJobs(state: RangeState, nowMs: number): Promise<JobsData> {
  const range = resolveRange(state, nowMs);
  const store = getStore();
  const [rows, found, processes] = await Promise.all([
    store.read(jobsNow({ fromMs: range.fromMs, toMs: range.toMs })),
    store.read(findings({ fromMs: range.fromMs, toMs: range.toMs, limit: MAX_FINDINGS })),
    store.read(clusterProcesses()),
  ]);
  // Heartbeats tell how it is now, not how it was.
  const states = range.live ? jobStates(processes) : new Map<string, JobState>();
  const byJob = Map.groupBy(found.map(findingView), ({ job }) => job);
  const price = gpuHourPrice();
  const jobs = await Promise.all(
    rows.map(async (row, index) => {
      const spark = index < MAX_SPARKS ? await stepHistory(row, range) : [];
      return summaryOf(row, spark, byJob.get(row.job) ?? [], states.get(row.job) ?? null, price);
    }),
  );
  const heard = new Set(rows.map(({ job }) => job));
  return {
    atMs: range.toMs,
    live: range.live,
    price,
    jobs: jobs.sort(byUrgency),
    waiting: [...states.values()].filter(({ job, notEnoughData }) => !heard.has(job) && notEnoughData.length > 0),
    fileProblems: range.live ? fileProblemsOf(processes) : [],
  };
}

async function stepHistory({ job, firstAt }: JobNowRow, { toMs }: TimeRange): Promise<Values> {
  const steps = await getStore().read(jobSteps({ job, fromMs: firstAt, toMs, limit: SPARK_POINTS }));
  return steps.map(({ stepUs, odd }) => (stepUs === null || odd ? null : stepUs / 1e6));
}

function summaryOf(
  row: JobNowRow,
  history: Values,
  all: readonly FindingView[],
  state: JobState | null,
  price: number | null,
): JobSummary {
  const open = all.filter(({ closedMs }) => closedMs === null);
  const judged = state !== null && state.judgedAtMs !== null;
  const slowdowns = open
    .filter(({ kind }) => kind !== "hang" && kind !== "mismatch")
    .map(({ slowdown }) => slowdown ?? 1);
  return {
    job: row.job,
    ranks: row.processes,
    nodes: row.nodes,
    lastStep: row.lastStep,
    lastMs: row.lastAt,
    stepSeconds: row.stepUs === null ? null : row.stepUs / 1e6,
    stepHistory: history,
    slowdown: slowdowns.length > 0 ? Math.max(...slowdowns) : judged && state.progress === "steps" ? 1 : null,
    losses: lossesOf(all, row.gpuSeconds ?? Number.NaN, price),
    open,
    closed: all.length - open.length,
    state,
  };
}

/** Those that stand still first, then those that lose most. */
function byUrgency(a: JobSummary, b: JobSummary): number {
  const hangs = (job: JobSummary) => (job.open.some(({ kind }) => kind === "hang" || kind === "mismatch") ? 1 : 0);
  return (
    hangs(b) - hangs(a) ||
    Number(b.open.length > 0) - Number(a.open.length > 0) ||
    b.losses.gpuSeconds - a.losses.gpuSeconds ||
    (a.job < b.job ? -1 : 1)
  );
}
