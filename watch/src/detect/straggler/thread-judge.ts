/** A WindowJudge in a thread of its own: a window of 16,000 ranks takes seconds, in which nothing else would run here. */
import { Worker } from "node:worker_threads";
import type { StoreOptions } from "@lockstep/store/client";
import { type Answer, type Call, errorOf } from "./thread-messages.ts";
import type { Judged, WindowJudge } from "./window-judge.ts";

/** Rows of the largest window, the window, and what is judged by. */
const heapMb = 3_000;

type Waiting = { readonly done: (judged: Judged) => void; readonly fail: (error: Error) => void };

export function createThreadJudge(options: StoreOptions): WindowJudge {
  let worker: Worker | undefined;
  let nextId = 0;
  const waiting = new Map<number, Waiting>();

  const failAll = (error: Error) => {
    for (const { fail } of waiting.values()) fail(error);
    waiting.clear();
    worker = undefined;
  };
  const start = () => {
    const started = new Worker(new URL("./judge-thread.ts", import.meta.url), {
      workerData: options,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    started.on("message", (answer: Answer) => {
      const one = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (one === undefined) return;
      if ("judged" in answer) one.done(answer.judged);
      else one.fail(errorOf(answer.failure));
    });
    // The next window gets a new thread.
    started.on("error", (error) => started === worker && failAll(new Error(`the judging thread ended: ${error}`)));
    started.on("exit", (code) => started === worker && failAll(new Error(`the judging thread ended with ${code}`)));
    return started;
  };
  const send = (call: Call) => worker?.postMessage(call);

  return {
    judge(request, signal) {
      worker ??= start();
      const id = nextId++;
      return new Promise<Judged>((done, fail) => {
        const abort = () => {
          send({ kind: "abort", id });
          waiting.delete(id);
          fail(signal.reason);
        };
        const settle =
          <Value>(then: (value: Value) => void) =>
          (value: Value) => {
            signal.removeEventListener("abort", abort);
            then(value);
          };
        if (signal.aborted) return fail(signal.reason);
        signal.addEventListener("abort", abort, { once: true });
        waiting.set(id, { done: settle(done), fail: settle(fail) });
        send({ kind: "judge", id, request });
      });
    },
    forget: (job) => void send({ kind: "forget", job }),
    async close() {
      const ending = worker;
      failAll(new Error("stopped"));
      await ending?.terminate();
    },
  };
}
