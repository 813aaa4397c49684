import { describe, expect, it } from "vitest";
import { makeWindow, type Scene } from "../../test/make-window.ts";
import { IncidentWatch } from "./incident.ts";
import { judge } from "./judge.ts";
import { StepTimeWatch } from "./step-time-watch.ts";

const hop = 5;
const width = 20;

/** What a watch says over a job of so many steps, as "opened slow_rank 5 @ 43": at the last step of the window it was said in. */
function story(
  scene: Omit<Scene, "seed" | "slower">,
  steps: number,
  slower: (rank: number, step: number) => number,
): string[] {
  const watch = new IncidentWatch();
  const told: string[] = [];
  for (let first = 0; first + width <= steps; first += hop) {
    const window = makeWindow({
      ...scene,
      // Each window draws its own noise: independent windows are the harder case for a rule of consecutive ones.
      seed: 100 + first,
      firstStep: first,
      slower: (rank, step) => slower(rank, first + step),
    });
    for (const { kind, incident } of watch.observe(window, judge(window))) {
      told.push(`${kind} ${incident.subject} @ ${first + width - 1}`);
    }
  }
  return told;
}

const between = (from: number, to: number, ranks: readonly number[], times: number) => (rank: number, step: number) =>
  ranks.includes(rank) && step >= from && step < to ? times : 1;

const wide = { layout: { tp: 1, pp: 1, dp: 16, perNode: 4 } };

describe("an incident", () => {
  it("opens within 25 steps of the onset and closes after the end", () => {
    const told = story(wide, 120, between(30, 70, [5], 1.2));
    expect(told.map((line) => line.split(" @ ")[0])).toEqual(["opened slow_rank 5", "closed slow_rank 5"]);
    const [opened, closed] = told.map((line) => Number(line.split(" @ ")[1]));
    expect(opened! - 30).toBeLessThanOrEqual(25);
    expect(closed! - 70).toBeLessThanOrEqual(30);
  });

  it("is opened by nothing that is shorter than its windows' evidence", () => {
    expect(story(wide, 100, between(40, 50, [5], 2))).toEqual([]);
  });

  it("opens though one window between two does not show it, and not when two do not", () => {
    const seen = (pattern: string) => {
      const watch = new IncidentWatch();
      return [...pattern].flatMap((sign, i) => {
        const slower = between(0, 999, [5], sign === "x" ? 1.3 : 1);
        const window = makeWindow({ ...wide, seed: 10 + i, firstStep: i * hop, slower });
        return watch.observe(window, judge(window)).map(({ kind, reason }) => `${kind}: ${reason}`);
      });
    };
    expect(seen("xx")).toEqual(["opened: found in 2 of 2 windows"]);
    expect(seen("x-x")).toEqual(["opened: found in 2 of 3 windows"]);
    expect(seen("x--x")).toEqual([]);
  });

  it("goes on while the rank is still slow, though no longer by enough for a finding", () => {
    const fading = (rank: number, step: number) => (rank !== 5 || step < 20 ? 1 : step < 60 ? 1.25 : 1.08);
    expect(story(wide, 140, fading).map((line) => line.split(" @ ")[0])).toEqual(["opened slow_rank 5"]);
  });

  it("of a node takes over those of its ranks", () => {
    const spreading = (rank: number, step: number) => {
      if (rank === 5 && step >= 20) return 1.3;
      return rank >= 4 && rank < 8 && step >= 60 ? 1.3 : 1;
    };
    expect(story(wide, 110, spreading).map((line) => line.split(" @ ")[0])).toEqual([
      "opened slow_rank 5",
      "opened slow_node node-001",
      "closed slow_rank 5",
    ]);
  });

  it("is not closed by windows that cannot be judged", () => {
    const watch = new IncidentWatch({ giveUpAfter: 3 });
    const slow = makeWindow({ ...wide, seed: 1, slower: between(0, 99, [5], 1.3) });
    watch.observe(slow, judge(slow));
    expect(watch.observe(slow, judge(slow)).map(({ kind }) => kind)).toEqual(["opened"]);
    const dark = { ...slow, steps: 3 };
    const unheard = { ...judge(slow), verdict: { job: "job", findings: [], not_enough_data: "3 step(s) found" } };
    expect(watch.observe(dark, unheard)).toEqual([]);
    expect(watch.observe(dark, unheard)).toEqual([]);
    expect(watch.open.map(({ subject }) => subject)).toEqual(["slow_rank 5"]);
    expect(watch.observe(dark, unheard)[0]!.reason).toBe("not heard for 3 windows");
  });
});

describe("the step time", () => {
  /** A square wave on both sides of the median: a spread without luck. */
  const steps = (n: number, level: (step: number) => number) =>
    Array.from({ length: n }, (_, step) => level(step) * (step % 2 === 0 ? 1.01 : 0.99) * 1e5);

  it("is slower from the step on in which it became so, and recovers", () => {
    const watch = new StepTimeWatch();
    const changes = watch.observe(
      0,
      steps(200, (step) => (step >= 100 && step < 150 ? 1.1 : 1)),
    );
    expect(changes.map(({ kind }) => kind)).toEqual(["slower", "recovered"]);
    expect(Math.abs(changes[0]!.since - 100)).toBeLessThanOrEqual(1);
    expect(Math.abs(changes[1]!.since - 150)).toBeLessThanOrEqual(1);
    expect(changes[0]!.nowUs / changes[0]!.referenceUs).toBeCloseTo(1.1, 1);
    expect(watch.open).toBe(false);
  });

  it.each([
    { name: "a single long pause", level: (step: number) => (step === 120 ? 100 : 1) },
    { name: "two steps of checkpoint every fifty", level: (step: number) => (step % 50 < 2 ? 8 : 1) },
    { name: "a change too small to matter", level: (step: number) => (step >= 100 ? 1.02 : 1) },
    { name: "a drift of 5 % in a thousand steps", level: (step: number) => 1 + 0.00005 * step },
    { name: "a job that becomes faster", level: (step: number) => (step >= 100 ? 0.8 : 1) },
  ])("is no incident: $name", ({ level }) => {
    expect(new StepTimeWatch().observe(0, steps(1000, level))).toEqual([]);
  });

  it("counts each step once, however the windows overlap, and passes over unknown ones", () => {
    const all = steps(200, (step) => (step >= 100 ? 1.1 : 1));
    const watch = new StepTimeWatch();
    const changes = [];
    for (let first = 0; first + width <= all.length; first += hop) {
      changes.push(...watch.observe(first, all.slice(first, first + width)));
      changes.push(...watch.observe(first, [Number.NaN]));
    }
    expect(changes).toEqual(new StepTimeWatch().observe(0, all));
  });
});
