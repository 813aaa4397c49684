import { expect, test } from "vitest";
import { aborted, isFencing, messageOf, pause, within } from "./failure.ts";

test.each([
  [{ type: "ILLEGAL_GENERATION" }, true],
  [{ type: "NOT_COORDINATOR_FOR_GROUP" }, true],
  [{ message: "wrapped", cause: { type: "UNKNOWN_MEMBER_ID" } }, true],
  [{ type: "REQUEST_TIMED_OUT" }, false],
  [new Error("connection closed"), false],
  [undefined, false],
])("%j fences: %j", (error, fences) => expect(isFencing(error)).toBe(fences));

test("a pause ends with its time or with any of its signals", async () => {
  const signal = new AbortController();
  const begun = Date.now();
  await pause(10, signal.signal);
  setTimeout(() => signal.abort(), 10);
  await pause(60_000, new AbortController().signal, signal.signal);
  await pause(60_000, signal.signal);
  await aborted(signal.signal);
  expect(Date.now() - begun).toBeLessThan(5_000);
});

test.each([
  [new Error("away"), "away"],
  ["odd", "odd"],
  [Object.assign(new Error("no"), { topic: "t.samples" }), "topic t.samples: no"],
  [new AggregateError([new Error("a"), new Error("b"), new Error("a")]), "a; b"],
  [new AggregateError([], "none"), "none"],
])("%j says %j", (error, said) => expect(messageOf(error)).toBe(said));

test("nobody waits for what is no longer wanted", async () => {
  const unwanted = new AbortController();
  setTimeout(() => unwanted.abort(), 10);
  const never = new Promise(() => {});
  await expect(within(60_000, never, unwanted.signal)).rejects.toThrow("stopped before there was an answer");
  await expect(within(60_000, never, unwanted.signal)).rejects.toThrow("stopped before there was an answer");
});

test("what takes too long is told, and its own later failure is nobody's", async () => {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 20));
  await expect(within(5, late)).rejects.toThrow("no answer in 0.005 s");
  await expect(within(1_000, Promise.reject(new Error("at once")))).rejects.toThrow("at once");
  expect(await within(1_000, Promise.resolve(7))).toBe(7);
});
