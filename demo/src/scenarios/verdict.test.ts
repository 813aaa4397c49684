/** Every scenario against the detectors that the product ships: they say what is true, and nothing where nothing is wrong. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { windowFromOperations } from "@lockstep/analysis/fold/window-from-operations";
import { judgeHang } from "@lockstep/analysis/hang/judge-hang";
import { judgeRun } from "@lockstep/analysis/straggler/judge-run";
import { describe, expect, test } from "vitest";
import { trainingPhase } from "../model/load.ts";
import { cluster, virtualRun } from "../testdata/virtual-run.ts";
import { trainingJobs } from "../training/job.ts";
import { plantFaults, readScenario } from "./scenario.ts";
import { type Truth, truthOf } from "./truth.ts";

const SEED = 7;
const folder = fileURLToPath(new URL("../../scenarios/", import.meta.url));
const jobs = trainingJobs(cluster);
/** Nobody pauses by their own rhythm for the next 20 minutes. */
const START = quietTime(Date.UTC(2026, 10, 18, 9));

function quietTime(fromMs: number): number {
  for (let startMs = fromMs; ; startMs += 60_000) {
    const busy = jobs.every(({ profile, stream }) =>
      Array.from({ length: 61 }, (_, i) => trainingPhase(profile, SEED, stream, startMs + i * 10_000)).every(
        (phase) => phase === "work",
      ),
    );
    if (busy) return startMs;
  }
}

function runOf(name: string, job: string, fromMs: number, untilMs: number) {
  const faults = plantFaults(readScenario(`${folder}${name}.yml`, cluster), "ready", START);
  const run = virtualRun({ seed: SEED, startMs: START, faults, job, fromMs, untilMs });
  return { run, truths: faults.map((fault) => truthOf(fault, jobs, untilMs)) };
}

function verdictOf(name: string, job: string, fromMs: number, untilMs: number) {
  const { run, truths } = runOf(name, job, fromMs, untilMs);
  const windows = windowFromOperations(run.operations, { gpus: run.gpus });
  return { verdict: judgeRun(windows), truths };
}

const names = readdirSync(folder)
  .filter((file) => file.endsWith(".yml"))
  .map((file) => file.slice(0, -4));
const faulty = names.filter(
  (name) => !["default", "healthy", "decoys", "hang", "xid-79"].includes(name) && jobOf(name) !== undefined,
);

describe("a scenario with one fault", () => {
  test.each(faulty)("%s is found, and nobody else is named", (name) => {
    const job = jobOf(name)!;
    // The thermal one has reached its full extent by then.
    const { verdict, truths } = verdictOf(name, job, START + 120_000, START + 210_000);
    const [truth] = truths as [Truth];
    expect(truth.job).toBe(job);
    expect(verdict.findings.map(({ kind }) => kind)).toEqual([truth.finding]);
    const [finding] = verdict.findings;
    if (truth.finding === "slow_rank" || truth.finding === "slow_link") {
      expect(finding?.rank).toBe(truth.ranks?.[0]);
      expect(finding?.gpu).toBe(truth.uuid);
    } else if (truth.finding === "imbalance") expect(finding?.rank).toBeUndefined();
    else expect(finding?.ranks).toEqual(truth.ranks);
  });
});

/** The training job that suffers; undefined where it is a served model. */
function jobOf(name: string): string | undefined {
  const [fault] = plantFaults(readScenario(`${folder}${name}.yml`, cluster), "ready", START);
  return fault && truthOf(fault, jobs, START).job;
}

describe("where nothing is wrong", () => {
  test.each([
    ["healthy", "pretrain-a"],
    ["healthy", "finetune-b"],
    ["decoys", "pretrain-a"],
    ["decoys", "finetune-b"],
  ])("%s, %s: nobody is named", (name, job) => {
    const { verdict } = verdictOf(name, job, START + 90_000, START + (name === "decoys" ? 290_000 : 180_000));
    expect(verdict.findings).toEqual([]);
    expect(verdict.not_enough_data).toBeUndefined();
  });
});

describe("a job that hangs", () => {
  test.each(["hang", "xid-79"])("%s: the rank that stopped is named", (name) => {
    const job = jobOf(name)!;
    const { run, truths } = runOf(name, job, START + 120_000, START + 150_000);
    const verdict = judgeHang(run.dumps, { job, takenAtUs: run.dumpedAtUs });
    expect(verdict.findings.map(({ kind, rank }) => [kind, rank])).toEqual([["hang", truths[0]?.ranks?.[0]]]);
  });
});
