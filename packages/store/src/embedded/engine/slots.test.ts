import { expect, test } from "vitest";
import { type Lane, Slots, SlotsFull } from "./slots.ts";

const never = new AbortController().signal;

/** Asks for slots in order and notes who got one. */
function ask(slots: Slots, lanes: readonly Lane[], signal = never) {
  const got: number[] = [];
  const releases: (() => void)[] = [];
  const asked = lanes.map((lane, i) =>
    slots.acquire(lane, signal).then((release) => {
      got.push(i);
      releases[i] = release;
    }),
  );
  return { got, releases, asked };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("reads leave one slot to writes", async () => {
  const { got, releases } = ask(new Slots(3, 10), ["read", "read", "read", "write", "write"]);
  await settled();
  expect(got).toEqual([0, 1, 3]);
  releases[0]!();
  await settled();
  expect(got).toEqual([0, 1, 3, 2]);
  releases[3]!();
  releases[3]!(); // given back once, however often it is said
  await settled();
  expect(got).toEqual([0, 1, 3, 2, 4]);
});

test("who gives up waiting is not served", async () => {
  const slots = new Slots(1, 10);
  const first = ask(slots, ["write"]);
  const leaver = new AbortController();
  const waiting = slots.acquire("write", leaver.signal);
  const last = ask(slots, ["write"]);
  leaver.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  await expect(slots.acquire("write", leaver.signal)).rejects.toThrow("left");
  first.releases[0]!();
  await settled();
  expect(last.got).toEqual([0]);
});

test("the queue is bounded", async () => {
  const slots = new Slots(1, 1);
  ask(slots, ["write", "write"]);
  await expect(slots.acquire("write", never)).rejects.toBeInstanceOf(SlotsFull);
});
