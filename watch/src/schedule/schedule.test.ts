import { expect, test } from "vitest";
import { type Clock, nextBeat, startSchedule } from "./schedule.ts";

/** A clock whose sleeps end when the test moves the time on. */
function fakeClock(start: number) {
  let now = start;
  const sleepers = new Set<{ until: number; wake: () => void }>();
  const clock: Clock = {
    now: () => now,
    sleep: (durationMs, signal) =>
      new Promise((resolve) => {
        const sleeper = { until: now + durationMs, wake: resolve };
        sleepers.add(sleeper);
        signal.addEventListener("abort", () => resolve());
      }),
  };
  return {
    clock,
    async moveTo(time: number) {
      now = time;
      for (const sleeper of [...sleepers]) {
        if (sleeper.until > now) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("a task runs at once, then on multiples of its interval", async () => {
  const { clock, moveTo } = fakeClock(12_345);
  const runs: number[] = [];
  const task = { name: "heartbeat", intervalMs: 5_000, run: async (now: number) => void runs.push(now) };
  const schedule = startSchedule([task], clock, () => undefined);
  for (const time of [14_999, 15_000, 19_000, 20_000, 31_000, 34_999, 35_000]) await moveTo(time);
  await schedule.stop();
  expect(runs).toEqual([12_345, 15_000, 20_000, 31_000, 35_000]);
});

test("a failing task is reported and runs again; the others do not notice", async () => {
  const { clock, moveTo } = fakeClock(0);
  const failures: string[] = [];
  let good = 0;
  const schedule = startSchedule(
    [
      { name: "bad", intervalMs: 1_000, run: () => Promise.reject(new Error("no store")) },
      { name: "good", intervalMs: 1_000, run: async () => void good++ },
    ],
    clock,
    (task, error) => failures.push(`${task.name}: ${error instanceof Error ? error.message : error}`),
  );
  await moveTo(1);
  await moveTo(1_000);
  await schedule.stop();
  expect(failures).toEqual(["bad: no store", "bad: no store"]);
  expect(good).toBe(2);
});

test("stop aborts a run in progress and waits for it", async () => {
  const { clock } = fakeClock(0);
  let ended = false;
  const task = {
    name: "slow",
    intervalMs: 1_000,
    run: (_now: number, signal: AbortSignal) =>
      new Promise<void>((_, reject) => {
        signal.addEventListener("abort", () => {
          ended = true;
          reject(new Error("aborted"));
        });
      }),
  };
  const errors: unknown[] = [];
  const schedule = startSchedule([task], clock, (_, error) => errors.push(error));
  await schedule.stop();
  expect(ended).toBe(true);
  expect(errors).toEqual([]);
});

test.each([
  [0, 1_000],
  [999, 1_000],
  [1_000, 2_000],
  [1_001, 2_000],
])("after %i comes %i", (now, next) => expect(nextBeat(now, 1_000)).toBe(next));
