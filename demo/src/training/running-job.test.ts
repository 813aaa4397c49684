import { afterEach, describe, expect, test } from "vitest";
import { FaultBook } from "../model/fault-book.ts";
import type { PlantedFault } from "../model/faults.ts";
import { makeColumns } from "../model/readings.ts";
import { cluster } from "../testdata/virtual-run.ts";
import { momentOf } from "./conditions.ts";
import { type TrainingJob, trainingJobs } from "./job.ts";
import type { JobRun } from "./job-run.ts";
import { COLLECTIVE_TIMEOUT_MS, RunningJob } from "./running-job.ts";
import type { RankOperation } from "./step-engine.ts";

const START = Date.UTC(2026, 10, 18, 9);
const [, usual] = trainingJobs(cluster) as [TrainingJob, TrainingJob];
const never = { everySeconds: 1e9, lastsSeconds: 1 };
const job = { ...usual, profile: { ...usual.profile, pauseChance: 0, checkpoint: never, evaluation: never } };
const columns = makeColumns(cluster.gpus.length);
columns.DCGM_FI_DEV_SM_CLOCK.fill(1980);

type Seen = { runs: JobRun[]; dumps: { atMs: number; gone: readonly number[] }[]; steps: number[] };

/** Steps are told by the ends of their last operations, seconds after START. */
function runWith(faults: readonly PlantedFault[], seconds: number, stepMs = 1000): Seen & { running: RunningJob } {
  const book = new FaultBook(cluster, faults);
  const seen: Seen = { runs: [], dumps: [], steps: [] };
  let nowMs = START;
  const running = new RunningJob(job, 7, START, {
    begin: (run) => seen.runs.push(run),
    dump: (_run, _recorder, gone) => seen.dumps.push({ atMs: nowMs - START, gone }),
    operations: (operations: readonly RankOperation[]) => {
      for (const { endUs } of operations) expect(endUs).toBeLessThanOrEqual(nowMs * 1000);
      seen.steps.push((Math.max(...operations.map(({ endUs }) => endUs)) / 1000 - START) / 1000);
    },
  });
  for (; nowMs <= START + seconds * 1000; nowMs += stepMs) {
    running.advance(nowMs, (timeMs) => momentOf(job, book, columns, 7, timeMs));
  }
  return { ...seen, running };
}

const place = { source: "t[0]", truth: "", startMs: START + 20_000, endMs: START + 200_000 };

describe("RunningJob", () => {
  test("goes step after step, and tells operations when they are done", () => {
    const { steps, runs } = runWith([], 60);
    expect(steps).toHaveLength(24);
    expect(runs).toHaveLength(1);
  });

  test("is the same however often it is looked at", () => {
    expect(runWith([], 60, 5000).steps).toEqual(runWith([], 60, 500).steps);
  });

  test("stands still while it checkpoints, and goes on with the same processes", () => {
    const pause = { ...place, kind: "checkpoint-pause" as const, job: job.name, endMs: START + 50_000 };
    const { steps, runs } = runWith([pause], 80);
    expect(runs).toHaveLength(1);
    const gaps = steps.slice(1).map((end, i) => end - steps[i]!);
    expect(gaps.filter((gap) => gap > 10)).toHaveLength(1);
  });

  test.each(["hang", "xid-79"] as const)(
    "%s: recorders are dumped after the time-out, and it begins anew when that is over",
    (kind) => {
      const { dumps, runs, steps } = runWith([{ ...place, kind, node: "node-09", gpu: 2 }], 260);
      expect(dumps).toHaveLength(1);
      expect(dumps[0]!.atMs - 20_000).toBeGreaterThanOrEqual(COLLECTIVE_TIMEOUT_MS);
      expect(dumps[0]!.atMs - 20_000).toBeLessThan(COLLECTIVE_TIMEOUT_MS + 5000);
      expect(dumps[0]!.gone).toEqual(kind === "hang" ? [] : [2]);
      expect(runs).toHaveLength(2);
      const [before, after] = runs as [JobRun, JobRun];
      expect(after.pids.filter((pid) => before.pids.includes(pid))).toEqual([]);
      expect(after.communicators.filter((id) => before.communicators.includes(id))).toEqual([]);
      expect(steps.some((end) => end > 30 && end < 200)).toBe(false);
      expect(steps.at(-1)).toBeGreaterThan(250);
    },
  );

  test("a lower clock of one GPU makes every step longer", () => {
    columns.DCGM_FI_DEV_SM_CLOCK[job.gpus[5]!.index] = 1300;
    const slow = runWith([], 60).steps.length;
    columns.DCGM_FI_DEV_SM_CLOCK[job.gpus[5]!.index] = 1980;
    expect(slow).toBeLessThan(20);
  });

  test("what was slept through is not made up for", () => {
    expect(runWith([], 3600, 600_000).steps.length).toBeLessThan(10);
  });
});

afterEach(() => columns.DCGM_FI_DEV_SM_CLOCK.fill(1980));
