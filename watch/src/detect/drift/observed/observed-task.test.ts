/** In which order windows are made, on a world that knows of each window only whether something was scraped in it. */
import type { ModelSource } from "@lockstep/config/config";
import { expect, test } from "vitest";
import type { Detection } from "../../detection.ts";
import { ModelSources } from "../model-sources.ts";
import type { ObserveRequest } from "./observe-window.ts";
import { observedTask } from "./observed-task.ts";

const MINUTE = 60_000;
/** The oldest window that lies within six hours. */
const OLDEST = 359;
/** A whole minute, and half of one. */
const NOW = Date.UTC(2026, 10, 23, 12) + 30_000;
const TOP = NOW - 30_000;
const source = { model: "chat", windowMs: MINUTE, histograms: [{}] } as unknown as ModelSource;

/** Minutes before TOP, as ends of windows. */
function world(scraped: (minute: number) => boolean, stored: readonly number[] = [], costMs = 0) {
  const made: number[] = [];
  const has = { scraped };
  const detection = {
    files: { models: async () => [source] },
    sources: new ModelSources(),
    models: { dropped: 0 },
    store: { read: async () => [{ model: "chat", windowMs: MINUTE, ends: stored.map((m) => TOP - m * MINUTE) }] },
    drift: {
      async observe({ untilMs, nowMs }: ObserveRequest) {
        const minute = (TOP - untilMs) / MINUTE;
        made.push(minute);
        if (costMs > 0) await new Promise((done) => setTimeout(done, costMs));
        const answer = { models: [], rows: 1, dropped: [], nextMs: untilMs };
        if (has.scraped(minute)) return answer;
        for (let later = minute - 1; TOP - later * MINUTE < nowMs; later--) {
          if (has.scraped(later)) return { ...answer, rows: 0, nextMs: TOP - later * MINUTE };
        }
        return { ...answer, rows: 0, nextMs: nowMs };
      },
    },
  } as unknown as Detection;
  const task = observedTask(() => detection);
  const run = async (now = NOW) => {
    made.length = 0;
    await task.run(now, new AbortController().signal);
    return [...made];
  };
  return { run, has };
}

const descending = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => from - i);

test("the last minutes first, then what is older from the newest back, all once", async () => {
  const { run } = world(() => true);
  const made = await run();
  // The newest is followed by the windows of five minutes and an hour ago, which late scrapes may have changed.
  expect(made.slice(0, 12)).toEqual([...descending(9, 0), 5, 60]);
  const older = made.slice(12).filter((minute) => minute < OLDEST - 60);
  expect(older.slice(0, 10)).toEqual(descending(19, 10));
  expect(older.toSorted((a, b) => b - a)).toEqual(descending(OLDEST - 61, 10));
  expect(new Set(made.slice(12)).size).toBe(made.length - 12);
  expect(await run(NOW + MINUTE)).toEqual([-1, 4, 59]);
});

test("another process goes on with the newest, once more, and with every gap", async () => {
  const gap = (minute: number) => (minute > 100 && minute <= 103) || minute > 357;
  const stored = descending(OLDEST, 7).filter((minute) => !gap(minute));
  const { run } = world(() => true, stored);
  const made = await run();
  expect(made.slice(0, 8)).toEqual(descending(7, 0));
  expect(made.slice(10).toSorted((a, b) => b - a)).toEqual([359, 358, 103, 102, 101]);
});

test("after a long pause the last minutes are not late", async () => {
  const { run } = world(() => true);
  await run();
  const made = await run(NOW + 200 * MINUTE);
  expect(made.slice(0, 10)).toEqual(descending(-191, -200));
  expect(made.slice(12).toSorted((a, b) => b - a)).toEqual(descending(-1, -190));
});

test("where nothing was scraped it is looked again after a minute, until it is too old", async () => {
  const { run, has } = world((minute) => minute < 20 || minute > 200);
  const made = await run();
  // Once each for a few windows before it, and the one of an hour ago.
  expect(made.filter((minute) => minute >= 20 && minute <= 200).length).toBeLessThan(25);
  expect(await run(NOW + 15_000)).toEqual([]);
  has.scraped = () => true;
  const later = await run(NOW + MINUTE);
  expect(later.filter((minute) => minute >= 20 && minute <= 200).toSorted((a, b) => b - a)).toEqual(
    descending(200, 20).flatMap((minute) => (minute === 59 ? [59, 59] : [minute])),
  );
});

test("without any scrape nothing is asked again and again", async () => {
  const { run } = world(() => false);
  expect((await run()).length).toBeLessThan(8);
  expect((await run(NOW + 15_000)).length).toBe(0);
  expect((await run(NOW + MINUTE)).length).toBeLessThan(8);
});
