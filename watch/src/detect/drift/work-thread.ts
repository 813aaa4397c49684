/** The other side of thread-drift-work.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { createStore, type StoreOptions } from "@lockstep/store/client";
import { createDriftWork, type DriftWork } from "./drift-work.ts";
import { type Answer, type Call, failureOf } from "./thread-messages.ts";

const work = createDriftWork(createStore(workerData as StoreOptions));
const running = new Map<number, AbortController>();

function answer(message: Answer): void {
  parentPort!.postMessage(message);
}

parentPort!.on("message", (call: Call) => {
  if (call.kind === "forget") work.forget();
  else if (call.kind === "abort") running.get(call.id)?.abort();
  else void asked(call);
});

async function asked({ id, name, request }: Extract<Call, { kind: "ask" }>): Promise<void> {
  const aborted = new AbortController();
  running.set(id, aborted);
  try {
    const run = work[name] as (request: unknown, signal: AbortSignal) => ReturnType<DriftWork[typeof name]>;
    answer({ id, reply: await run(request, aborted.signal) });
  } catch (error) {
    answer({ id, failure: failureOf(error) });
  } finally {
    running.delete(id);
  }
}
