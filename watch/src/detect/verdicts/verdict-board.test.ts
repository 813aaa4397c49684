import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import type { Judgement } from "@lockstep/analysis/straggler/judgement";
import type { Meter, ObservableResult } from "@lockstep/process/metrics";
import { MAX_RANK_SERIES } from "@lockstep/schemas/process/verdict-metrics";
import { expect, test } from "vitest";
import { VerdictBoard } from "./verdict-board.ts";
import { showVerdicts } from "./verdict-metrics.ts";

function windowOf(count: number, firstStep = 0): JobWindow {
  const ranks = Array.from({ length: count }, (_, rank) => ({
    rank,
    process: `p${rank}`,
    node: `node-${rank >> 3}`,
    gpu: undefined,
  }));
  const none = new Float64Array(0);
  const empty = { communicators: [], operations: [], stepTime: none, self: none, endedAt: none, kernelTiming: true };
  return { job: "a", firstStep, steps: 20, ranks, ...empty };
}

function judgementOf(count: number, score: (rank: number) => number): Judgement {
  const waitGpuSeconds = new Float64Array(count).fill(2);
  const ranks = { score: Float64Array.from({ length: count }, (_, rank) => score(rank)), waitGpuSeconds };
  const job = { slowdown: 1.2, stepTimeMedianUs: 1_500_000 };
  return { verdict: { job: "a", findings: [] }, ranks, ...job } as unknown as Judgement;
}

/** What a scrape of the page would have, `name{labels} value`. */
function pageOf(board: VerdictBoard): () => string[] {
  const callbacks: [string, (result: ObservableResult) => void][] = [];
  const addCallback = (name: string) => ({
    addCallback: (callback: (result: ObservableResult) => void) => callbacks.push([name, callback]),
  });
  showVerdicts({ createObservableGauge: addCallback } as unknown as Meter, board);
  return () => {
    const lines: string[] = [];
    for (const [name, callback] of callbacks) {
      const observe = (value: number, labels: object = {}) => lines.push(`${name}${JSON.stringify(labels)} ${value}`);
      callback({ observe } as ObservableResult);
    }
    return lines;
  };
}

test("verdicts as series, gone with their job", () => {
  const board = new VerdictBoard();
  const page = pageOf(board);
  board.judged(
    windowOf(2),
    judgementOf(2, (rank) => 1 + rank),
    10,
  );
  board.hangs("a", false);
  expect(page()).toEqual([
    'lockstep_job_step_seconds{"job":"a"} 1.5',
    'lockstep_job_slowdown{"job":"a"} 1.2',
    'lockstep_job_ranks{"job":"a"} 2',
    'lockstep_straggler_waste_gpu_seconds_total{"job":"a"} 10',
    'lockstep_hang{"job":"a"} 0',
    'lockstep_straggler_score{"job":"a","rank":"0","node":"node-0","gpu":""} 1',
    'lockstep_straggler_score{"job":"a","rank":"1","node":"node-0","gpu":""} 2',
    'lockstep_rank_wait_seconds_total{"job":"a","rank":"0","node":"node-0"} 2',
    'lockstep_rank_wait_seconds_total{"job":"a","rank":"1","node":"node-0"} 2',
  ]);
  board.keep(new Set());
  expect(page()).toEqual([]);
});

test("what windows share counts once", () => {
  const board = new VerdictBoard();
  const page = pageOf(board);
  for (const first of [0, 5, 10])
    board.judged(
      windowOf(1, first),
      judgementOf(1, () => 1),
      10,
    );
  expect(page()).toContain('lockstep_straggler_waste_gpu_seconds_total{"job":"a"} 15');
  expect(page()).toContain('lockstep_rank_wait_seconds_total{"job":"a","rank":"0","node":"node-0"} 3');
  board.judged(
    windowOf(1, 0),
    judgementOf(1, () => 1),
    10,
  );
  expect(page()).toContain('lockstep_straggler_waste_gpu_seconds_total{"job":"a"} 25');
});

test("of a large job those that stand out, and waiting by node", () => {
  const board = new VerdictBoard();
  const page = pageOf(board);
  board.judged(
    windowOf(4096),
    judgementOf(4096, (rank) => (rank % 2 === 0 ? 1 : 1.1 + rank / 1e5)),
    0,
  );
  const scores = page().filter((line) => line.startsWith("lockstep_straggler_score"));
  expect(scores).toHaveLength(MAX_RANK_SERIES);
  expect(scores[0]).toContain('"rank":"4095"');
  expect(page().filter((line) => line.startsWith("lockstep_rank_wait"))).toHaveLength(512);
});

test("what is not known is absent", () => {
  const board = new VerdictBoard();
  const page = pageOf(board);
  const unknown = { ...judgementOf(1, () => Number.NaN), slowdown: Number.NaN, stepTimeMedianUs: Number.NaN };
  board.judged(windowOf(1), unknown, 0);
  expect(page().map((line) => line.split("{")[0])).toEqual([
    "lockstep_job_ranks",
    "lockstep_straggler_waste_gpu_seconds_total",
    "lockstep_rank_wait_seconds_total",
  ]);
});
