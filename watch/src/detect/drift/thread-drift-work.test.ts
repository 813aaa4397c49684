import { createServer } from "node:net";
import { StoreError } from "@lockstep/store/client";
import { expect, onTestFinished, test } from "vitest";
import { createThreadDriftWork } from "./thread-drift-work.ts";

const REQUEST = { settings: new Map(), nowMs: 0 };

function workAt(port: number) {
  const work = createThreadDriftWork({ url: `http://127.0.0.1:${port}`, username: "u", password: "p", database: "d" });
  onTestFinished(() => work.close());
  return work;
}

test("a store that is away is a StoreError on this side too, and the thread lives on", async () => {
  const work = workAt(1);
  const { signal } = new AbortController();
  for (let i = 0; i < 2; i++) await expect(work.due(REQUEST, signal)).rejects.toBeInstanceOf(StoreError);
  work.forget();
  await expect(work.due(REQUEST, signal)).rejects.toMatchObject({ code: expect.any(String) });
});

test("what is aborted is told at once", async () => {
  const silent = createServer();
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
  onTestFinished(() => void silent.close());
  const work = workAt((silent.address() as { port: number }).port);
  const aborted = new AbortController();
  const asking = work.due(REQUEST, aborted.signal);
  aborted.abort(new Error("the lead is lost"));
  await expect(asking).rejects.toThrow("the lead is lost");
  await expect(work.due(REQUEST, aborted.signal)).rejects.toThrow("the lead is lost");
});

test("closing ends what is under way", async () => {
  const work = workAt(1);
  const asking = work.due(REQUEST, new AbortController().signal);
  await Promise.all([expect(asking).rejects.toThrow("stopped"), work.close()]);
});
