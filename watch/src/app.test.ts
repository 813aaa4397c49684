import type { Leadership } from "@lockstep/log/log";
import { noMeter } from "@lockstep/process/metrics";
import type { Logger } from "@lockstep/process/process";
import type { Store } from "@lockstep/store/client";
import { expect, test } from "vitest";
import { startWatch } from "./app.ts";

test.each([true, false])("leads %j: the heartbeat says so, and only a leader judges", async (leads) => {
  const rows: Record<string, unknown>[] = [];
  const insertRows = async (_: string, added: readonly Record<string, unknown>[]) => void rows.push(...added);
  const leadership: Leadership = { leads, confirm: async () => leads, onChange() {}, close: async () => {} };
  let judged = 0;
  const watch = startWatch({
    store: { insertRows } as unknown as Store,
    clock: {
      now: () => 1_000,
      sleep: (_, signal) => new Promise((done) => signal.addEventListener("abort", () => done())),
    },
    identity: { host: "node-07", pid: 1, run: "r", startedMs: 500 },
    leadership,
    judgements: [{ name: "judge", intervalMs: 1_000, run: async () => void judged++ }],
    detail: () => ({ fileProblems: [] }),
    log: { info() {}, warn() {} } as unknown as Logger,
    meter: noMeter,
  });
  await new Promise((done) => setImmediate(done));
  await watch.stop();
  expect(rows).toEqual([
    {
      process: "watch",
      host: "node-07",
      pid: 1,
      run: "r",
      started: 500,
      detail: JSON.stringify({ leads, fileProblems: [] }),
      updated: 1_000,
    },
  ]);
  expect(judged).toBe(leads ? 1 : 0);
});
