import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startDeadline } from "./deadline.ts";

/** Keeps this thread busy, as the first pages of many targets do. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("a target that says nothing ends when its time is over", async () => {
  const began = performance.now();
  const late = await new Promise<number>((resolve) => startDeadline(100, () => resolve(performance.now() - began)));
  expect(late).toBeGreaterThanOrEqual(98);
  expect(late).toBeLessThan(1000);
});

test("the time in which this process could not listen is given back", async () => {
  let late = false;
  const deadline = startDeadline(100, () => {
    late = true;
  });
  block(300);
  await sleep(50);
  expect(late).toBe(false);
  deadline.clear();
});

test("it ends all the same when this process is never free", async () => {
  const began = performance.now();
  let lateAt = 0;
  startDeadline(100, () => {
    lateAt = performance.now() - began;
  });
  while (lateAt === 0 && performance.now() - began < 3000) {
    block(60);
    await sleep(0);
  }
  expect(lateAt).toBeGreaterThan(0);
  expect(lateAt).toBeLessThan(1000);
});

test("cleared, it calls nobody", async () => {
  let late = false;
  startDeadline(30, () => {
    late = true;
  }).clear();
  await sleep(80);
  expect(late).toBe(false);
});
