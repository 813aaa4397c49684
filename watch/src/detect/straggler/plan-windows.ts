/** Which windows of a job are complete and not judged yet, and which of its stored steps they need. */
import { maxWindowNumbers } from "@lockstep/analysis/fold/window";
import { windowHop, windowSteps } from "@lockstep/analysis/fold/window-from-operations";
import type { JobWindowStepRow } from "@lockstep/schemas/queries/job-window-steps";

export type WindowPlan = {
  readonly firstStep: number;
  readonly steps: number;
  /** Step numbers to read, ascending; more than the window's where some processes count otherwise. */
  readonly read: readonly number[];
  /** Rows of these steps that ended before are of an earlier run. Milliseconds since 1970, as the others. */
  readonly sinceMs: number;
  readonly fromMs: number;
  readonly toMs: number;
};

export type Plan = {
  readonly windows: readonly WindowPlan[];
  /** Why there is no window yet. */
  readonly notEnough?: string;
};

export type PlanOptions = {
  readonly nowMs: number;
  /** Of a step; undefined where nothing is dated. */
  readonly stepMs: number | undefined;
  /** First step of the window to judge next; undefined for a job that is new. */
  readonly nextFirst: number | undefined;
};

/** Rows of one window, at most: some 800 MB. A larger job is judged in shorter windows, down to `fewestSteps`. */
export const maxWindowRows = 900_000;
/** Not quite what buildWindow takes: rows of a step differ a little in length. */
const maxNumbers = 0.9 * maxWindowNumbers;
export const fewestSteps = 8;
/** Of one job at a time, so that the others get their turn. */
const maxWindowsAtOnce = 4;
/** A watch that is further behind judges what is now instead. */
const maxBehind = 12;
/** Numbers further apart are counts of their own: processes whose anchors differ, or another run. */
const clusterGap = 64;
/** Clocks of nodes differ by about a second. */
const skewMs = 2_000;

/** `steps`: as jobWindowSteps gives them. */
export function planWindows(steps: readonly JobWindowStepRow[], options: PlanOptions): Plan {
  const clusters = liveClusters(steps, options);
  const own = clusters[0];
  if (own === undefined) return { windows: [] };
  const last = lastComplete(own, options);
  const oldest = own[0]!.step;
  const rows = Math.max(...own.map((step) => step.rows));
  const numbers = Math.max(1, ...own.map((step) => step.numbers));
  const length = Math.min(windowSteps, Math.floor(maxWindowRows / rows), Math.floor(maxNumbers / numbers));
  if (length < fewestSteps) return { windows: [], notEnough: tooLargeText(rows, numbers) };
  const newest = Math.floor((last - length + 1) / windowHop) * windowHop;
  if (last < oldest || newest < oldest) {
    const found = Math.max(0, last - oldest + 1);
    // A watch that knows the job has judged it; the oldest steps are merely out of sight.
    if (options.nextFirst !== undefined && options.nextFirst > oldest) return { windows: [] };
    return { windows: [], notEnough: `${found} complete steps so far, ${length} are judged together: wait for more` };
  }
  const windows: WindowPlan[] = [];
  for (let first = firstToJudge(newest, oldest, options); first <= newest; first += windowHop) {
    if (windows.length === maxWindowsAtOnce) break;
    const plan = windowAt(first, length, own, clusters.slice(1));
    if (plan !== undefined) windows.push(plan);
  }
  return { windows };
}

function tooLargeText(rows: number, numbers: number): string {
  const most = `${Math.floor(maxWindowRows / fewestSteps)} rows and ${Math.floor(maxNumbers / fewestSteps)} durations and starts`;
  return `found ${rows} rows with ${numbers} durations and starts in a step, at most ${most} can be judged: trace fewer operations`;
}

function firstToJudge(newest: number, oldest: number, { nextFirst }: PlanOptions): number {
  const began = Math.ceil(oldest / windowHop) * windowHop;
  // Numbers that fall: the job began again. Two windows are what it takes to open an incident.
  if (nextFirst === undefined || newest < nextFirst - 2 * windowHop) return Math.max(began, newest - windowHop);
  if (newest - nextFirst > maxBehind * windowHop) return Math.max(began, newest - (maxWindowsAtOnce - 1) * windowHop);
  return Math.max(began, nextFirst);
}

/**
 * Steps by runs of numbers that are near each other, each ascending; of these the ones that still go on, the one that most
 * processes count by first.
 */
function liveClusters(steps: readonly JobWindowStepRow[], { stepMs = 0 }: PlanOptions): JobWindowStepRow[][] {
  const sorted = [...steps].sort((a, b) => a.step - b.step);
  const clusters: JobWindowStepRow[][] = [];
  for (const step of sorted) {
    const current = clusters.at(-1);
    if (current !== undefined && step.step - current.at(-1)!.step <= clusterGap) current.push(step);
    else clusters.push([step]);
  }
  const newest = Math.max(...steps.map(({ lastAt }) => lastAt));
  const live = clusters.filter((cluster) => newest - lastOf(cluster) <= Math.max(10_000, 3 * stepMs));
  return live.map(ofThisRun).sort((a, b) => processesOf(b) - processesOf(a) || lastOf(b) - lastOf(a));
}

function processesOf(cluster: readonly JobWindowStepRow[]): number {
  return Math.max(...cluster.map(({ processes }) => processes));
}

function lastOf(cluster: readonly JobWindowStepRow[]): number {
  return Math.max(...cluster.map(({ lastAt }) => lastAt));
}

/** Higher numbers that ended well before the newest step are of a run that is over. */
function ofThisRun(cluster: readonly JobWindowStepRow[]): JobWindowStepRow[] {
  const newest = cluster.reduce((a, b) => (b.lastAt > a.lastAt ? b : a));
  return cluster.filter(({ step, lastAt }) => step <= newest.step || newest.lastAt - lastAt <= skewMs);
}

/** The last step that all of its processes told of, or that had its time, and before which there is no other. */
function lastComplete(own: readonly JobWindowStepRow[], { nowMs, stepMs = 0 }: PlanOptions): number {
  const graceMs = Math.max(15_000, 3 * stepMs);
  const expected = processesOf(own.slice(-3 * windowSteps));
  const open = own.find(({ processes, lastAt }) => processes < expected && lastAt > nowMs - graceMs);
  return open === undefined ? own.at(-1)!.step : open.step - 1;
}

function windowAt(
  firstStep: number,
  length: number,
  own: readonly JobWindowStepRow[],
  others: readonly (readonly JobWindowStepRow[])[],
): WindowPlan | undefined {
  const inside = own.filter(({ step }) => step >= firstStep && step < firstStep + length);
  if (inside.length < fewestSteps) return undefined;
  const fromMs = Math.min(...inside.map(({ firstAt }) => firstAt));
  const toMs = Math.max(...inside.map(({ lastAt }) => lastAt));
  const meanwhile = others.flatMap((cluster) =>
    cluster.filter(({ firstAt, lastAt }) => lastAt >= fromMs - skewMs && firstAt <= toMs + skewMs),
  );
  const read = [...inside, ...meanwhile].map(({ step }) => step).sort((a, b) => a - b);
  return { firstStep, steps: length, read, sinceMs: fromMs - skewMs, fromMs, toMs };
}
