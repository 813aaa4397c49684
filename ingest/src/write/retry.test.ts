import { describe, expect, test, vi } from "vitest";
import { createRetry } from "./retry.ts";

class Passing extends Error {}

function setUp(random = 1) {
  const stopped = new AbortController();
  const told: string[] = [];
  const retry = createRetry({
    firstMs: 200,
    lastMs: 10_000,
    isRetriable: (error) => error instanceof Passing,
    onRetry: (what, error, attempt) => told.push(`${what}: ${(error as Error).message} ${attempt}`),
    random: () => random,
    signal: stopped.signal,
  });
  return { retry, stopped, told };
}

/** Fails `times` times, then gives "done"; notes when it was called. */
function failing(times: number, called: number[] = []) {
  return async () => {
    called.push(Date.now());
    if (called.length <= times) throw new Passing(`failure ${called.length}`);
    return "done";
  };
}

describe("with a clock of its own", () => {
  test.each([
    [1, [0, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]],
    [0, [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]],
  ])("waits twice as long each time, up to the last, with jitter %d", async (random, waits) => {
    vi.useFakeTimers();
    try {
      const { retry, told } = setUp(random);
      const called: number[] = [];
      const result = retry("insert", failing(8, called));
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await result).toBe("done");
      expect(called.map((at, i) => at - (called[i - 1] ?? at))).toEqual(waits);
      expect(told[0]).toBe("insert: failure 1 1");
      expect(told).toHaveLength(8);
    } finally {
      vi.useRealTimers();
    }
  });

  test("never gives up", async () => {
    vi.useFakeTimers();
    try {
      const { retry } = setUp();
      const called: number[] = [];
      const result = retry("insert", failing(2000, called));
      await vi.advanceTimersByTimeAsync(2001 * 10_000);
      expect(await result).toBe("done");
    } finally {
      vi.useRealTimers();
    }
  });
});

test("what no retry can mend is thrown at once", async () => {
  const { retry, told } = setUp();
  await expect(retry("insert", () => Promise.reject(new Error("for good")))).rejects.toThrow("for good");
  expect(told).toEqual([]);
});

test("an abort ends the wait, tries a last time, and throws what that one threw", async () => {
  const { retry, stopped } = setUp();
  const called: number[] = [];
  const result = retry("insert", failing(100, called));
  setTimeout(() => stopped.abort(), 10);
  const started = Date.now();
  await expect(result).rejects.toThrow("failure 2");
  expect(Date.now() - started).toBeLessThan(150);
  await expect(retry("insert", failing(100))).rejects.toThrow("failure 1");
  expect(await retry("insert", failing(0))).toBe("done");
});
