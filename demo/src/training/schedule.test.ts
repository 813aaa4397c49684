import { describe, expect, test } from "vitest";
import { type Instruction, pipelineSchedule } from "./schedule.ts";

/** The passes of a stage in order: "f0 f1 b0". */
function passesOf(schedule: readonly Instruction[], stage: number): string {
  return schedule
    .flatMap((one) => (one.do !== "exchange" && one.stage === stage ? [`${one.do[0]}${one.microBatch}`] : []))
    .join(" ");
}

describe("pipelineSchedule", () => {
  test("one stage alternates and exchanges nothing", () => {
    const schedule = pipelineSchedule(1, 3);
    expect(passesOf(schedule, 0)).toBe("f0 b0 f1 b1 f2 b2");
    expect(schedule.some((one) => one.do === "exchange")).toBe(false);
  });

  test("an upper stage is a forward ahead for each stage below it", () => {
    const schedule = pipelineSchedule(3, 4);
    expect(passesOf(schedule, 0)).toBe("f0 f1 f2 b0 f3 b1 b2 b3");
    expect(passesOf(schedule, 1)).toBe("f0 f1 b0 f2 b1 f3 b2 b3");
    expect(passesOf(schedule, 2)).toBe("f0 b0 f1 b1 f2 b2 f3 b3");
  });

  test.each([
    [2, 1],
    [2, 4],
    [4, 2],
    [4, 9],
  ])(
    "%i stages, %i micro-batches: each goes down and comes back through every boundary, and nothing before it can",
    (stages, microBatches) => {
      const schedule = pipelineSchedule(stages, microBatches);
      const downs = new Array<number>(stages).fill(0);
      const ups = new Array<number>(stages).fill(0);
      for (const one of schedule) {
        if (one.do === "exchange") {
          downs[one.stage]! += Number(one.down);
          ups[one.stage]! += Number(one.up);
        } else if (one.do === "forward" && one.stage > 0) {
          expect(downs[one.stage - 1]).toBeGreaterThan(one.microBatch);
        } else if (one.do === "backward" && one.stage < stages - 1) {
          expect(ups[one.stage]).toBeGreaterThan(one.microBatch);
        }
      }
      for (let stage = 0; stage < stages - 1; stage++) {
        expect([downs[stage], ups[stage]]).toEqual([microBatches, microBatches]);
      }
      const passes = schedule.filter((one) => one.do !== "exchange");
      expect(passes).toHaveLength(2 * stages * microBatches);
    },
  );
});
