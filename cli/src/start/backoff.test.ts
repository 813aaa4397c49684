import { expect, test } from "vitest";
import { afterCrash, noCrash } from "./backoff.ts";

test("doubles from 0.25 s up to 15 s", () => {
  const delays: number[] = [];
  let state = noCrash;
  for (let crash = 0; crash < 9; crash++) {
    state = afterCrash(state, 10);
    delays.push(state.delayMs);
  }
  expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
});

test("a run of 60 s forgets the crashes before it", () => {
  const late = [1, 1, 1].reduce(afterCrash, noCrash);
  expect(afterCrash(late, 60_000)).toEqual({ crashes: 1, delayMs: 250 });
  expect(afterCrash(late, 59_999)).toEqual({ crashes: 4, delayMs: 2000 });
});
