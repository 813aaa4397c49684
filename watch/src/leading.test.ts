import type { Leadership } from "@lockstep/log/log";
import { expect, test } from "vitest";
import { sendIfLeading, whileLeading } from "./leading.ts";

function changingLeadership(leads: boolean, confirmed = leads) {
  const listeners = new Set<(leads: boolean) => void>();
  const leadership = {
    leads,
    confirm: async () => confirmed,
    onChange: (listener: (leads: boolean) => void) => void listeners.add(listener),
    close: async () => {},
  } satisfies Leadership;
  const set = (now: boolean) => {
    leadership.leads = now;
    for (const listener of listeners) listener(now);
  };
  return { leadership, set };
}

const never = new AbortController().signal;

test("a task runs while its watch leads, and not before or after", async () => {
  const { leadership, set } = changingLeadership(false);
  const runs: number[] = [];
  const task = whileLeading({ name: "t", intervalMs: 1, run: async (now) => void runs.push(now) }, leadership);
  for (const [now, leads] of [
    [1, false],
    [2, true],
    [3, false],
    [4, true],
  ] as const) {
    set(leads);
    await task.run(now, never);
  }
  expect(runs).toEqual([2, 4]);
});

test.each(["lead", "schedule"] as const)(
  "a task under way is aborted with the %s, and that is no failure",
  async (what) => {
    const { leadership, set } = changingLeadership(true);
    const schedule = new AbortController();
    const untilAborted = (_: number, signal: AbortSignal) =>
      new Promise<void>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    const running = whileLeading({ name: "t", intervalMs: 1, run: untilAborted }, leadership).run(0, schedule.signal);
    if (what === "lead") set(false);
    else schedule.abort();
    await running;
  },
);

test("a task that fails while its watch leads has failed", async () => {
  const task = { name: "t", intervalMs: 1, run: () => Promise.reject(new Error("no store")) };
  await expect(whileLeading(task, changingLeadership(true).leadership).run(0, never)).rejects.toThrow("no store");
});

test.each([
  [true, true, 1],
  [false, false, 0],
])("confirmed %j: sent %j", async (confirmed, answer, count) => {
  let sent = 0;
  const { leadership } = changingLeadership(true, confirmed);
  expect(await sendIfLeading(leadership, async () => void sent++)).toBe(answer);
  expect(sent).toBe(count);
});
