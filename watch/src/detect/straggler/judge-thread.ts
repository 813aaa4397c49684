/** The other side of thread-judge.ts: judges in a thread of its own, so that heartbeats go on meanwhile. */
import { parentPort, workerData } from "node:worker_threads";
import { createStore, type StoreOptions } from "@lockstep/store/client";
import { type Answer, type Call, failureOf } from "./thread-messages.ts";
import { createWindowJudge } from "./window-judge.ts";

const store = createStore(workerData as StoreOptions);
const judge = createWindowJudge(store);
const running = new Map<number, AbortController>();

function answer(message: Answer): void {
  parentPort!.postMessage(message);
}

parentPort!.on("message", (call: Call) => {
  if (call.kind === "forget") judge.forget(call.job);
  else if (call.kind === "abort") running.get(call.id)?.abort();
  else void judged(call);
});

async function judged({ id, request }: Extract<Call, { kind: "judge" }>): Promise<void> {
  const aborted = new AbortController();
  running.set(id, aborted);
  try {
    answer({ id, judged: await judge.judge(request, aborted.signal) });
  } catch (error) {
    answer({ id, failure: failureOf(error) });
  } finally {
    running.delete(id);
  }
}
