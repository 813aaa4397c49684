import type { JobWindowStepRow } from "@lockstep/schemas/queries/job-window-steps";
import { describe, expect, test } from "vitest";
import { maxWindowRows, planWindows } from "./plan-windows.ts";

const AT = 1_800_000_000_000;
const STEP_MS = 1_000;

type Change = (step: number) => Partial<JobWindowStepRow>;

/** Steps `first` to `last`, the last of which ended at AT; newest first, as the store gives them. */
function stepsOf(first: number, last: number, change: Change = () => ({})): JobWindowStepRow[] {
  const steps = Array.from({ length: last - first + 1 }, (_, i) => {
    const step = last - i;
    const lastAt = AT - i * STEP_MS;
    return { step, processes: 8, rows: 24, numbers: 200, firstAt: lastAt - 50, lastAt, ...change(step) };
  });
  return steps.sort((a, b) => b.lastAt - a.lastAt);
}

function firsts(steps: readonly JobWindowStepRow[], nextFirst?: number, nowMs = AT + 500): number[] {
  return planWindows(steps, { nowMs, stepMs: STEP_MS, nextFirst }).windows.map(({ firstStep }) => firstStep);
}

describe("which windows are judged", () => {
  const table: [string, number[], number[]][] = [
    ["a new job: the newest two, which can open an incident", firsts(stepsOf(0, 59)), [35, 40]],
    ["those that were not judged, in order", firsts(stepsOf(0, 59), 30), [30, 35, 40]],
    ["nothing twice", firsts(stepsOf(0, 59), 45), []],
    ["four at a time", firsts(stepsOf(0, 99), 50), [50, 55, 60, 65]],
    ["far behind: what is now", firsts(stepsOf(0, 199), 20), [165, 170, 175, 180]],
    ["began again: from its new numbers", firsts(stepsOf(0, 39), 1000), [15, 20]],
    ["fewer than twenty", firsts(stepsOf(0, 18)), []],
  ];
  test.each(table)("%s", (_, found, expected) => expect(found).toEqual(expected));
});

test("a step that some processes have not told of is waited for, and then it is not", () => {
  const steps = stepsOf(0, 60, (step) => (step >= 58 ? { processes: 7 } : {}));
  expect(firsts(steps, 35)).toEqual([35]);
  expect(firsts(steps, 35, AT + 18_000)).toEqual([35, 40]);
});

test("a window reads its own steps", () => {
  const [window] = planWindows(stepsOf(0, 59), { nowMs: AT, stepMs: STEP_MS, nextFirst: 40 }).windows;
  expect(window!.read).toEqual(Array.from({ length: 20 }, (_, i) => 40 + i));
  expect(window!.fromMs).toBe(AT - 19 * STEP_MS - 50);
  expect(window!.toMs).toBe(AT);
});

test("processes that count otherwise are read by when they did it", () => {
  const own = stepsOf(0, 59, () => ({ processes: 6 }));
  const others = stepsOf(500, 559, () => ({ processes: 2 }));
  const [window] = planWindows([...own, ...others], { nowMs: AT, stepMs: STEP_MS, nextFirst: 40 }).windows;
  expect(window!.firstStep).toBe(40);
  expect(window!.read.filter((step) => step < 100)).toHaveLength(20);
  const meanwhile = window!.read.filter((step) => step >= 500);
  expect(meanwhile).toContain(540);
  expect(meanwhile).toContain(559);
  expect(meanwhile.length).toBeLessThan(25);
});

test("steps of a run that is over are left alone", () => {
  const over = stepsOf(300, 359).map((row) => ({ ...row, lastAt: row.lastAt - 60_000, firstAt: row.firstAt - 60_000 }));
  expect(firsts([...stepsOf(0, 39), ...over], 345)).toEqual([15, 20]);
});

describe("a large job", () => {
  test("has shorter windows", () => {
    const steps = stepsOf(0, 59, () => ({ rows: maxWindowRows / 10 }));
    const { windows } = planWindows(steps, { nowMs: AT, stepMs: STEP_MS, nextFirst: undefined });
    expect(windows.map(({ firstStep, steps, read }) => [firstStep, steps, read.length])).toEqual([
      [45, 10, 10],
      [50, 10, 10],
    ]);
  });

  test("too large: says so", () => {
    const steps = stepsOf(0, 59, () => ({ rows: maxWindowRows / 7 }));
    const { windows, notEnough } = planWindows(steps, { nowMs: AT, stepMs: STEP_MS, nextFirst: undefined });
    expect(windows).toEqual([]);
    expect(notEnough).toMatch(/^found 128571\.\d+ rows with 200 .* at most 112500 rows/);
  });
});

test("says how many steps there are yet", () => {
  const plan = planWindows(stepsOf(0, 9), { nowMs: AT, stepMs: STEP_MS, nextFirst: undefined });
  expect(plan.notEnough).toBe("10 complete steps so far, 20 are judged together: wait for more");
  expect(planWindows([], { nowMs: AT, stepMs: undefined, nextFirst: undefined })).toEqual({ windows: [] });
});
