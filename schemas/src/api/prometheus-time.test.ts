import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration, parseSecondsOrDuration, parseTimestamp } from "./prometheus-time.ts";

describe("times", () => {
  test.each([
    ["1435781451.781", 1_435_781_451_781],
    ["1435781451", 1_435_781_451_000],
    ["1.4357814517815e9", 1_435_781_451_782],
    ["0", 0],
    ["-1.5", -1500],
    ["2015-07-01T20:10:51.781Z", 1_435_781_451_781],
    ["2015-07-01T22:10:51.781999+02:00", 1_435_781_451_781],
    ["-292273086-05-16T16:47:06Z", Date.UTC(1900, 0, 1)],
    ["292277025-08-18T07:12:54.999999999Z", Date.UTC(2299, 11, 31)],
    ["1e30", Date.UTC(2299, 11, 31)],
    ["", undefined],
    ["now", undefined],
    ["NaN", undefined],
    ["Infinity", undefined],
    ["0x10", undefined],
    ["2015-07-01", undefined],
    ["2015-13-01T00:00:00Z", undefined],
    ["30s", undefined],
  ])("%j", (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected);
  });
});

test.each([
  ["0", 0],
  ["15s", 15_000],
  ["1h30m", 5_400_000],
  ["1y2w3d4h5m6s7ms", 31_536_000_000 + 1_209_600_000 + 259_200_000 + 14_400_000 + 300_000 + 6_007],
  ["", undefined],
  ["5", undefined],
  ["5m1h", undefined],
  ["1m1m", undefined],
  ["1.5h", undefined],
  ["-1h", undefined],
  ["9999999y", undefined],
])("duration %j", (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  ["15", 15_000],
  ["0.001", 1],
  ["1m", 60_000],
  ["-5", -5000],
  ["1e300", undefined],
  ["5 m", undefined],
])("seconds or duration %j", (text, expected) => {
  expect(parseSecondsOrDuration(text)).toBe(expected);
});

test.each([
  [0, "0s"],
  [15_000, "15s"],
  [60_000, "1m"],
  [90_500, "1m30s500ms"],
  [90 * 86_400_000, "90d"],
  [14 * 86_400_000, "2w"],
])("%i ms prints as %j", (ms, expected) => {
  expect(formatDuration(ms)).toBe(expected);
});
