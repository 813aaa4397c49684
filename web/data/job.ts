import "server-only";
import { clusterProcesses } from "@lockstep/schemas/queries/cluster-processes";
import { findings } from "@lockstep/schemas/queries/findings";
import { jobHangSize } from "@lockstep/schemas/queries/job-hang-dumps";
import { jobSteps } from "@lockstep/schemas/queries/job-steps";
import { jobsNow } from "@lockstep/schemas/queries/jobs-now";
import type { Values } from "../fleet/grids.ts";
import { type BandwidthGroup, bandwidthGroups } from "../jobs/bandwidth.ts";
import { type FindingView, findingView } from "../jobs/finding-view.ts";
import { type JobState, jobStates } from "../jobs/job-states.ts";
import { type Losses, lossesOf } from "../jobs/losses.ts";
import { type RankRow, rankRows } from "../jobs/suspects.ts";
import { type WaitChain, waitChain } from "../jobs/wait-chain.ts";
import { type RangeState, resolveRange } from "../url/range.ts";
import { gpuHourPrice } from "./gpu-hour-price.ts";
import { judgedWindow } from "./judged-window.ts";
import { getStore } from "./store.ts";

export type JobData = {
  readonly atMs: number;
  readonly live: boolean;
  readonly job: string;
  readonly price: number | null;
  readonly ranks: number;
  readonly nodes: number;
  readonly lastStep: number;
  readonly lastMs: number;
  readonly stepSeconds: number | null;
  readonly losses: Losses;
  readonly state: JobState | null;
  /** Open ones first. */
  readonly findings: readonly FindingView[];
  readonly steps: { readonly times: readonly number[]; readonly seconds: Values };
  /** Ranks that left Flight Recorder dumps in this range. */
  readonly dumps: number;
  readonly window: JobWindowData | null;
};

export type JobWindowData = {
  readonly firstStep: number;
  readonly steps: number;
  readonly cut: boolean;
  readonly notEnoughData: string | null;
  /** By the window alone: 1 where nothing is to blame; null where step times are not known. */
  readonly slowdown: number | null;
  readonly chain: WaitChain | null;
  readonly ranks: readonly RankRow[];
  readonly bandwidth: readonly BandwidthGroup[];
};

const MAX_FINDINGS = 200;
const MAX_STEPS = 400;
const MAX_RANKS = 12;

/** null: nothing is known of a job of that name in this range. */
export async function readJob(job: string, state: RangeState, nowMs: number): Promise<JobData | null> {
  const range = resolveRange(state, nowMs);
  const { fromMs, toMs } = range;
  const store = getStore();
  const row = (await store.read(jobsNow({ fromMs, toMs }))).find((each) => each.job === job);
  // Steps of an earlier start bear the same numbers.
  const sinceMs = row?.firstAt ?? fromMs;
  const [found, processes, steps, [dumps]] = await Promise.all([
    store.read(findings({ job, fromMs, toMs, limit: MAX_FINDINGS })),
    store.read(clusterProcesses()),
    store.read(jobSteps({ job, fromMs: sinceMs, toMs, limit: MAX_STEPS })),
    store.read(jobHangSize({ job, fromMs, toMs })),
  ]);
  const jobState = range.live ? (jobStates(processes).get(job) ?? null) : null;
  if (row === undefined && found.length === 0 && jobState === null && !((dumps?.ranks ?? 0) > 0)) return null;
  const views = found.map(findingView);
  const judged = row === undefined ? null : await judgedWindow(job, row.lastStep, { ...range, fromMs: sinceMs });
  const price = gpuHourPrice();
  return {
    atMs: toMs,
    live: range.live,
    job,
    price,
    ranks: row?.processes ?? 0,
    nodes: row?.nodes ?? 0,
    lastStep: row?.lastStep ?? -1,
    lastMs: row?.lastAt ?? 0,
    stepSeconds: row?.stepUs == null ? null : row.stepUs / 1e6,
    losses: lossesOf(views, row?.gpuSeconds ?? Number.NaN, price),
    state: jobState,
    findings: views,
    steps: {
      times: steps.map(({ endedAt }) => endedAt),
      seconds: steps.map(({ stepUs, odd }) => (stepUs === null || odd ? null : stepUs / 1e6)),
    },
    dumps: dumps?.ranks ?? 0,
    window: judged === null ? null : windowData(judged, views),
  };
}

type Judged = NonNullable<Awaited<ReturnType<typeof judgedWindow>>>;

function windowData({ window, judgement, cut }: Judged, views: readonly FindingView[]): JobWindowData {
  const open = views.filter(({ closedMs }) => closedMs === null);
  const named = new Map(
    [...judgement.verdict.findings, ...open].flatMap(({ rank, gpu }) => (rank == null ? [] : [[rank, gpu ?? null]])),
  );
  const nodes = new Map(window.ranks.map(({ rank, node }) => [rank, node]));
  const communicators = window.communicators.map(({ id, kind, members }) => ({ id, kind, members: members.length }));
  return {
    firstStep: window.firstStep,
    steps: window.steps,
    cut,
    notEnoughData: judgement.verdict.not_enough_data ?? null,
    slowdown: Number.isFinite(judgement.slowdown) ? judgement.slowdown : null,
    chain: waitChain(judgement.worstStep, (rank) => nodes.get(rank)),
    ranks: rankRows(window, judgement.ranks, named, MAX_RANKS),
    bandwidth: bandwidthGroups(judgement.groups, communicators),
  };
}
