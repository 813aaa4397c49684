import { createServer } from "node:net";
import { WindowTooLargeError } from "@lockstep/analysis/fold/window";
import { StoreError } from "@lockstep/store/client";
import { expect, onTestFinished, test } from "vitest";
import { createThreadJudge } from "./thread-judge.ts";
import { errorOf, failureOf } from "./thread-messages.ts";
import type { WindowRequest } from "./window-judge.ts";

const REQUEST: WindowRequest = {
  job: "a",
  plan: { firstStep: 0, steps: 20, read: [0, 1, 2], sinceMs: 0, fromMs: 0, toMs: 1 },
  rows: [1, 1, 1],
  keepFrom: 5,
  topology: undefined,
  gpus: new Map(),
};

function judgeAt(port: number) {
  const judge = createThreadJudge({ url: `http://127.0.0.1:${port}`, username: "u", password: "p", database: "d" });
  onTestFinished(() => judge.close());
  return judge;
}

test("a store that is away is a StoreError on this side too, and the thread lives on", async () => {
  const judge = judgeAt(1);
  const { signal } = new AbortController();
  for (let i = 0; i < 2; i++) await expect(judge.judge(REQUEST, signal)).rejects.toBeInstanceOf(StoreError);
});

test("what is aborted is told at once", async () => {
  const silent = createServer();
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
  onTestFinished(() => void silent.close());
  const judge = judgeAt((silent.address() as { port: number }).port);
  const aborted = new AbortController();
  const judging = judge.judge(REQUEST, aborted.signal);
  aborted.abort(new Error("the lead is lost"));
  await expect(judging).rejects.toThrow("the lead is lost");
  await expect(judge.judge(REQUEST, aborted.signal)).rejects.toThrow("the lead is lost");
});

test("closing ends what is under way", async () => {
  const judge = judgeAt(1);
  const judging = judge.judge(REQUEST, new AbortController().signal);
  await Promise.all([expect(judging).rejects.toThrow("stopped"), judge.close()]);
});

test("errors keep what is decided by", () => {
  const tooLarge = errorOf(failureOf(new WindowTooLargeError("take fewer steps")));
  expect(tooLarge).toBeInstanceOf(WindowTooLargeError);
  expect(tooLarge.message).toBe("take fewer steps");
  expect(errorOf(failureOf(new StoreError("timeout", "slow")))).toMatchObject({ code: "timeout", message: "slow" });
});
