/** A DriftWork in a thread of its own: a thousand models take the better part of a minute, in which nothing else would run here. */
import { Worker } from "node:worker_threads";
import type { StoreOptions } from "@lockstep/store/client";
import type { DriftWork } from "./drift-work.ts";
import { type Answer, type Asked, type Call, errorOf, type Reply, type Request } from "./thread-messages.ts";

/** What was learnt of a thousand models with a hundred features each, and what is read at once. */
const heapMb = 2_000;

type Waiting = { readonly done: (reply: unknown) => void; readonly fail: (error: unknown) => void };

export function createThreadDriftWork(options: StoreOptions): DriftWork {
  let worker: Worker | undefined;
  let nextId = 0;
  const waiting = new Map<number, Waiting>();

  const failAll = (error: Error) => {
    for (const { fail } of waiting.values()) fail(error);
    waiting.clear();
    worker = undefined;
  };
  const start = () => {
    const started = new Worker(new URL("./work-thread.ts", import.meta.url), {
      workerData: options,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    });
    started.on("message", (answer: Answer) => {
      const one = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (one === undefined) return;
      if ("failure" in answer) one.fail(errorOf(answer.failure));
      else one.done(answer.reply);
    });
    // The next question gets a new thread, which takes up what is stored.
    started.on(
      "error",
      (error) => started === worker && failAll(new Error(`the thread that judges models ended: ${error}`)),
    );
    started.on(
      "exit",
      (code) => started === worker && failAll(new Error(`the thread that judges models ended with ${code}`)),
    );
    return started;
  };
  const send = (call: Call) => worker?.postMessage(call);

  const ask = <Name extends Asked>(name: Name, request: Request<Name>, signal: AbortSignal): Promise<Reply<Name>> => {
    if (signal.aborted) return Promise.reject(signal.reason);
    worker ??= start();
    const id = nextId++;
    return new Promise<Reply<Name>>((done, fail) => {
      const abort = () => {
        send({ kind: "abort", id });
        waiting.delete(id);
        fail(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      const settle = (then: (value: never) => void) => (value: unknown) => {
        signal.removeEventListener("abort", abort);
        then(value as never);
      };
      waiting.set(id, { done: settle(done), fail: settle(fail) });
      send({ kind: "ask", id, name, request });
    });
  };

  return {
    due: (request, signal) => ask("due", request, signal),
    judge: (request, signal) => ask("judge", request, signal),
    observe: (request, signal) => ask("observe", request, signal),
    forget: () => send({ kind: "forget" }),
    async close() {
      const ending = worker;
      failAll(new Error("stopped"));
      await ending?.terminate();
    },
  };
}
