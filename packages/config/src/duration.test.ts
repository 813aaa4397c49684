import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

test.each([
  ["0", 0],
  ["0s", 0],
  ["1ms", 1],
  ["15s", 15_000],
  ["1h30m", 5_400_000],
  ["1d", 86_400_000],
  ["1w", 604_800_000],
  ["1y", 31_536_000_000],
  ["1y2w3d4h5m6s7ms", 31_536_000_000 + 1_209_600_000 + 259_200_000 + 14_400_000 + 300_000 + 6_000 + 7],
  ["", undefined],
  ["1", undefined],
  ["1.5m", undefined],
  ["-1s", undefined],
  ["1m1h", undefined],
  ["1s1s", undefined],
  [" 1s", undefined],
  ["1 s", undefined],
  ["292y", 292 * 31_536_000_000],
  ["293y", undefined],
  ["99999999999999999999s", undefined],
])("%s", (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  [0, "0s"],
  [15_000, "15s"],
  [90 * 86_400_000, "90d"],
  [7 * 86_400_000, "1w"],
  [36 * 3_600_000, "1d12h"],
  [61_001, "1m1s1ms"],
  [366 * 86_400_000, "366d"],
])("%d ms is %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("what is printed reads the same", () => {
  fc.assert(fc.property(fc.nat(2 ** 31 - 1), fc.nat(1000), (a, b) => parseDuration(formatDuration(a * b)) === a * b));
});
