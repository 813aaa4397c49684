import type { Judgement } from "@lockstep/analysis/straggler/judgement";
import type { Finding } from "@lockstep/schemas/domain/finding";
import type { JobHeardRow } from "@lockstep/schemas/queries/job-window-jobs";
import type { Query } from "@lockstep/schemas/queries/query";
import { expect, test } from "vitest";
import { noModels } from "../../../test/no-models.ts";
import { Detection, type DetectStore } from "../detection.ts";
import { ModelBoard } from "../drift/model-board.ts";
import { PlaceFiles } from "../places/place-files.ts";
import { VerdictBoard } from "../verdicts/verdict-board.ts";
import { stragglerTask } from "./straggler-task.ts";
import type { Judged, WindowJudge, WindowRequest } from "./window-judge.ts";

const AT = 1_800_000_000_000;
const never = new AbortController().signal;
const SLOW: Finding = {
  kind: "slow_rank",
  job: "small",
  rank: 1,
  last_step: 1,
  confidence: "high",
  cause: { code: "unknown", text: "" },
  summary: "",
  evidence: [],
};

function judgedAs({ job, plan: { firstStep, steps } }: WindowRequest, findings: readonly Finding[]): Judged {
  const none = new Float64Array(0);
  const empty = { communicators: [], operations: [], stepTime: none, self: none, endedAt: none, kernelTiming: true };
  const window = { job, firstStep, steps, ranks: [], ...empty };
  const verdict = { job, findings };
  const ranks = { score: none, waitGpuSeconds: none } as unknown as Judgement["ranks"];
  const judgement = { verdict, ranks, groups: [], slowdown: 1, wasteGpuSeconds: 0, stepTimeMedianUs: 1e6 };
  return { window, judgement: { ...judgement, worstStep: undefined }, numbering: "told" };
}

/** Steps of a second each, the last of which ended at `lastAt`. */
function stepsUntil(lastAt: number) {
  return Array.from({ length: 60 }, (_, i) => {
    const at = lastAt - i * 1_000;
    return { step: (at - AT) / 1_000 + 200, processes: 4, rows: 4, numbers: 4, firstAt: at, lastAt: at };
  });
}

function world(judge: (request: WindowRequest, signal: AbortSignal) => Promise<Judged>) {
  const heard: JobHeardRow[] = [];
  const findings = new Map<string, Record<string, unknown>>();
  const forgotten: string[] = [];
  const failing = new Set<string>();
  const lastAt = new Map<string, number>();
  const store = {
    async read({ name, params }: Query<unknown>) {
      if (name === "jobWindowJobs") return heard;
      if (name !== "jobWindowSteps") return [];
      if (failing.has(String(params["job"]))) throw new Error(`no steps of ${params["job"]}`);
      return stepsUntil(lastAt.get(String(params["job"]))!);
    },
    async insertRows(_: string, rows: readonly Record<string, unknown>[]) {
      for (const row of rows) findings.set(String(row["id"]), row);
    },
  } as unknown as DetectStore;
  const windowJudge: WindowJudge = { judge, forget: (job) => void forgotten.push(job), close: async () => {} };
  const files = new PlaceFiles(undefined, () => {});
  const detection = new Detection({
    ...{ store, files, board: new VerdictBoard(), judge: windowJudge },
    ...{ drift: noModels, models: new ModelBoard(), atStart: new Map() },
  });
  const task = stragglerTask(() => detection);
  const hear = (job: string, at: number, processes = 4) => {
    lastAt.set(job, at);
    const known = heard.findIndex((row) => row.job === job);
    if (known >= 0) heard.splice(known, 1);
    heard.push({ job, processes, lastAt: at, stepUs: 1_000_000 });
  };
  return { detection, findings, forgotten, failing, heard, hear, run: (now: number) => task.run(now, never) };
}

test("a job whose rows cannot be read is told, the others are judged, and it is tried again", async () => {
  const asked: string[] = [];
  const { failing, hear, run } = world(async (request) => {
    asked.push(`${request.job} ${request.plan.firstStep}`);
    return judgedAs(request, []);
  });
  hear("bad", AT);
  hear("good", AT);
  failing.add("bad");
  await expect(run(AT + 100)).rejects.toThrow("no steps of bad");
  expect(asked).toEqual(["good 175", "good 180"]);
  failing.clear();
  hear("good", AT + 5_000);
  await run(AT + 5_100);
  expect(asked.slice(2)).toEqual(["bad 175", "bad 180", "good 185"]);
});

test("a window that could not be judged is judged with the next round", async () => {
  const asked: number[] = [];
  const { hear, run } = world(async (request) => {
    asked.push(request.plan.firstStep);
    if (asked.length === 2) throw new Error("away");
    return judgedAs(request, []);
  });
  hear("a", AT);
  await expect(run(AT + 100)).rejects.toThrow("away");
  await run(AT + 5_000);
  expect(asked).toEqual([175, 180, 180]);
});

test("nobody waits for a large job, whose trouble is told with the next round", async () => {
  let refuse: (error: Error) => void = () => {};
  const asked: string[] = [];
  const { hear, run, detection } = world((request) => {
    asked.push(request.job);
    if (request.job === "small") return Promise.resolve(judgedAs(request, []));
    return new Promise((_, fail) => {
      refuse = fail;
    });
  });
  hear("large", AT, 16_384);
  hear("small", AT);
  await run(AT + 100);
  await run(AT + 5_000);
  expect(asked).toEqual(["large", "small", "small"]);
  expect(detection.jobs.get("small")!.judgedAt).toBe(AT + 100);
  refuse(new Error("too slow"));
  await new Promise((done) => setImmediate(done));
  await expect(run(AT + 10_000)).rejects.toThrow("too slow");
  expect(asked.filter((job) => job === "large")).toHaveLength(2);
});

test("with the lead what is under way ends", async () => {
  let reached: AbortSignal | undefined;
  const { hear, run, detection } = world((request, signal) => {
    reached = signal;
    return Promise.resolve(judgedAs(request, []));
  });
  hear("large", AT, 16_384);
  await run(AT + 100);
  await new Promise((done) => setImmediate(done));
  expect(reached!.aborted).toBe(false);
  detection.end();
  expect(reached!.aborted).toBe(true);
});

test("what is open ends with its job", async () => {
  const { hear, heard, run, findings, forgotten, detection } = world(async (request) => judgedAs(request, [SLOW]));
  hear("small", AT);
  await run(AT + 100);
  expect([...findings.values()]).toMatchObject([{ job: "small", rank: 1, closed: null }]);
  heard.length = 0;
  await run(AT + 600_000);
  expect([...findings.values()]).toMatchObject([{ closed: null }]);
  expect(detection.board.jobs.size).toBe(0);
  await run(AT + 2_000_000);
  expect([...findings.values()]).toMatchObject([{ job: "small", closed: AT }]);
  expect(forgotten).toEqual(["small"]);
});
