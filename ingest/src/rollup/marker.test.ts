import { SampleBlock } from "@lockstep/formats/sample-block";
import type { LogMessage } from "@lockstep/log/log";
import { type Store, StoreError } from "@lockstep/store/client";
import { beforeEach, expect, test } from "vitest";
import { createMarker, type Marker } from "./marker.ts";
import { createStoreClock } from "./store-clock.ts";

const WINDOW = 1_800_000_000;

/** ClickHouse with a clock of its own, and the marks that it was sent. */
class Marks implements Pick<Store, "read" | "insertRows"> {
  windows: number[] = [];
  asked = 0;
  shownMs = WINDOW * 1000;
  away = false;

  async read<T>(): Promise<T[]> {
    this.asked++;
    return [{ nowMs: this.shownMs }] as T[];
  }

  async insertRows(table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    if (this.away) throw new StoreError("unreachable", "the test said so");
    expect(table).toBe("rollup_marks");
    for (const { since, until } of rows as { since: number; until: number }[]) {
      for (let window = since; window < until; window += 300) this.windows.push(window - WINDOW);
    }
  }
}

let marks: Marks;
let localMs: number;
let sleptMs: number;
let mark: Marker;

beforeEach(() => {
  marks = new Marks();
  // The clocks of two machines need not agree.
  localMs = 1_000;
  sleptMs = 0;
  const clock = createStoreClock(marks, { now: () => localMs, monotonic: () => localMs - sleptMs });
  mark = createMarker(marks, clock);
});

function pass(seconds: number): void {
  localMs += seconds * 1000;
  marks.shownMs += seconds * 1000;
}

function post(...seconds: number[]): Promise<void> {
  const block = new SampleBlock();
  for (const second of seconds) block.push(1, 2, 3, (WINDOW + second) * 1000, 4, 0);
  const rows = block.rows;
  const message: LogMessage = {
    ...{ table: "samples", version: 1, rows, block: block.encode(), offset: 0, producer: "p", sequence: 0 },
  };
  return mark([message]);
}

test("an open window is marked once", async () => {
  await post(0, 15);
  pass(20);
  await post(30);
  pass(300);
  await post(299);
  expect(marks.windows).toEqual([0]);
});

test("a window is marked by every post that ends later than 30 s after its end", async () => {
  await post(0);
  pass(331);
  await post(299);
  await post(299);
  expect(marks.windows).toEqual([0, 0, 0]);
});

test("what comes later than that from the start is never taken for marked", async () => {
  pass(331);
  await post(299, 301);
  await post(299, 301);
  expect(marks.windows).toEqual([0, 300, 0]);
});

test("a mark that did not arrive is none", async () => {
  marks.away = true;
  await expect(post(0)).rejects.toThrow("the test said so");
  marks.away = false;
  await post(0);
  expect(marks.windows).toEqual([0]);
});

test("a machine that slept knows what time it is", async () => {
  await post(0);
  sleptMs += 400_000;
  pass(400);
  await post(299);
  expect(marks.windows).toEqual([0, 0]);
});

test("open windows are marked again when ClickHouse's clock was set forward", async () => {
  await post(0);
  pass(30);
  marks.shownMs += 3_600_000;
  await post(30);
  pass(31);
  await post(301);
  expect(marks.windows).toEqual([0, 0, 300]);
});

test("ClickHouse is asked for the time once a minute", async () => {
  for (let second = 0; second < 180; second++) {
    await post(second);
    pass(1);
  }
  expect(marks.asked).toBe(3);
});

test("a range without samples marks nothing and asks nothing", async () => {
  await post();
  expect(marks.windows).toEqual([]);
  expect(marks.asked).toBe(0);
});
