import "server-only";
import { fromStored } from "@lockstep/analysis/fold/stored-step-row";
import { buildWindow, WindowTooLargeError } from "@lockstep/analysis/fold/window";
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import { judge } from "@lockstep/analysis/straggler/judge";
import type { Judgement } from "@lockstep/analysis/straggler/judgement";
import { collectiveRows } from "@lockstep/schemas/queries/collective-rows";
import { jobGpus } from "@lockstep/schemas/queries/job-gpus";
import { jobGroupsSize } from "@lockstep/schemas/queries/job-groups-size";
import type { TimeRange } from "../url/range.ts";
import { getStore } from "./store.ts";

export type JudgedWindow = {
  readonly window: JobWindow;
  readonly judgement: Judgement;
  /** Fewer steps than usual were judged, since the job is so large. */
  readonly cut: boolean;
};

const WINDOW_STEPS = 20;
/** Of one window: reading more takes seconds, and nothing else of this process runs meanwhile. */
const MAX_ROWS = 120_000;
/** With fewer steps there is no verdict: larger jobs are watch's alone. */
const LEAST_STEPS = 8;

/** Steps end on the nodes' clocks. */
const SKEW_MS = 5_000;

type Slot = { readonly key: string; readonly atMs: number; readonly window: Promise<JudgedWindow | null> };
/** The newest windows that pages asked for. They are large, so few are kept; all pages of a job share them. */
const kept: Slot[] = [];
const MAX_KEPT = 4;
/** A new start of the job counts its steps from the beginning again. */
const KEPT_MS = 60_000;

/** The last steps up to `lastStep` of a job, judged as watch judges them; null where too little is there, or so much that only watch does it. */
export function judgedWindow(job: string, lastStep: number, range: TimeRange): Promise<JudgedWindow | null> {
  const key = `${job} ${lastStep}`;
  const nowMs = Date.now();
  const found = kept.find((slot) => slot.key === key && nowMs - slot.atMs < KEPT_MS);
  if (found !== undefined) return found.window;
  const window = readWindow(job, lastStep, range);
  kept.unshift({ key, atMs: nowMs, window });
  kept.length = Math.min(kept.length, MAX_KEPT);
  // A failure is not kept: the next look asks again.
  window.catch(() => {
    const at = kept.findIndex((slot) => slot.window === window);
    if (at >= 0) kept.splice(at, 1);
  });
  return window;
}

async function readWindow(job: string, lastStep: number, range: TimeRange): Promise<JudgedWindow | null> {
  const store = getStore();
  const sinceMs = range.fromMs - SKEW_MS;
  const firstWanted = Math.max(0, lastStep - WINDOW_STEPS + 1);
  const [size] = await store.read(jobGroupsSize({ job, firstStep: firstWanted, lastStep, sinceMs }));
  if (size === undefined || size.rows === 0) return null;
  const rowsInStep = size.rows / Math.max(1, size.steps);
  const steps = Math.min(WINDOW_STEPS, Math.floor(MAX_ROWS / rowsInStep));
  if (steps < LEAST_STEPS) return null;
  const firstStep = Math.max(firstWanted, lastStep - steps + 1);
  const [rows, gpus] = await Promise.all([
    store.read(collectiveRows({ job, firstStep, lastStep, sinceMs })),
    store.read(jobGpus({ job, fromMs: range.fromMs, toMs: range.toMs })),
  ]);
  if (rows.length === 0) return null;
  try {
    const built = buildWindow(rows.map(fromStored), { firstStep, steps: lastStep - firstStep + 1 });
    const window = withOnlyGpus(built, gpus);
    return { window, judgement: judge(window), cut: steps < WINDOW_STEPS };
  } catch (error) {
    if (error instanceof WindowTooLargeError) return null;
    throw error;
  }
}

/** Where a node has one rank and one GPU of the job, they belong together; else the trace itself must tell. */
function withOnlyGpus(window: JobWindow, gpus: readonly { gpu: string; node: string }[]): JobWindow {
  const ofNode = Map.groupBy(gpus, ({ node }) => node);
  const ranksOf = Map.groupBy(window.ranks, ({ node }) => node);
  const ranks = window.ranks.map((rank) => {
    if (rank.gpu !== undefined || rank.node === undefined) return rank;
    const own = ofNode.get(rank.node) ?? [];
    return own.length === 1 && ranksOf.get(rank.node)?.length === 1 ? { ...rank, gpu: own[0]!.gpu } : rank;
  });
  return { ...window, ranks };
}
