/** A real four-process run in which rank 2 computes 15 ms longer in steps 20 to 49; read from beside the checkout. */
import { describe, expect, it } from "vitest";
import { glooRun, glooWindow } from "../../test/gloo-window.ts";
import { IncidentWatch } from "./incident.ts";
import { judge } from "./judge.ts";

const runs = glooRun();
if (!runs) console.log("recorded-run.test.ts: skipped, ../shared/vectors/gloo_runs is not there");

describe.skipIf(!runs)("recorded all-reduce run", () => {
  const names = (firstStep: number, steps: number, shift?: number[]) =>
    judge(glooWindow(runs!, firstStep, steps, shift)).verdict.findings.map(({ kind, rank }) => `${kind} ${rank}`);

  const windows = (from: number, to: number, steps: number) =>
    Array.from({ length: Math.max(0, to - from - steps + 2) }, (_, i) => from + i);

  it.each([8, 10, 15, 20])("names rank 2 and nobody else within the slow steps, in windows of %i", (steps) => {
    for (const first of windows(20, 49, steps)) expect(names(first, steps)).toEqual(["slow_rank 2"]);
  });

  it.each([8, 10, 15, 19])("names nobody in the healthy steps, in windows of %i", (steps) => {
    for (const first of [...windows(1, 19, steps), ...windows(50, 59, steps)]) expect(names(first, steps)).toEqual([]);
  });

  it("names at most rank 2 in windows that are partly slow", () => {
    for (const first of windows(1, 59, 20)) {
      expect(names(first, 20).filter((name) => name !== "slow_rank 2")).toEqual([]);
    }
  });

  it("does not mind clocks that are seconds apart", () => {
    for (const first of [1, 20, 30]) expect(names(first, 15, [0, 5, -3, 0.2])).toEqual(names(first, 15));
  });

  it("is one incident, opened within 25 steps of the onset and closed after the end", () => {
    const watch = new IncidentWatch();
    const changes = [];
    for (let first = 1; first + 20 <= 60; first += 5) {
      const window = glooWindow(runs!, first, 20);
      const seen = watch.observe(window, judge(window));
      changes.push(...seen.map(({ kind, incident }) => ({ kind, subject: incident.subject, at: first + 19 })));
    }
    expect(changes).toEqual([{ kind: "opened", subject: "slow_rank 2", at: expect.any(Number) }]);
    expect(changes[0]!.at).toBeLessThanOrEqual(45);
  });
});
