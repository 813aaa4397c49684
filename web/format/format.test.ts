import { describe, expect, test } from "vitest";
import { binaryScaled, count, significant, siScaled } from "./number.ts";
import { formatAbsolute, formatAgo, formatClock, formatDuration, formatTick, timeTicks } from "./time.ts";
import { formatUnit, type Unit } from "./unit.ts";

test.each([
  [0, "0"],
  [0.00123456, "0.00123"],
  [0.5, "0.5"],
  [1.005, "1"],
  [9.996, "10"],
  [12.34, "12.3"],
  [71, "71"],
  [99.96, "100"],
  [999.4, "999"],
  [1755, "1,755"],
  [1234567, "1,234,567"],
  [-12.34, "-12.3"],
])("significant(%s) is %s", (value, text) => {
  expect(significant(value)).toBe(text);
});

test.each([
  [0, "0", ""],
  [999.7, "1", "k"],
  [38211, "38.2", "k"],
  [1.5e12, "1.5", "T"],
  [0.0042, "4.2", "m"],
  [3e-7, "300", "n"],
])("siScaled(%s)", (value, figure, prefix) => {
  expect(siScaled(value)).toEqual({ figure, prefix });
});

test("memory is counted in powers of 1024", () => {
  expect(binaryScaled(80 * 1024 ** 3)).toEqual({ figure: "80", prefix: "Gi" });
});

test.each<[number | null | undefined, Unit, string]>([
  [null, "watts", "–"],
  [undefined, "percent", "–"],
  [Number.NaN, "celsius", "–"],
  [71.234, "percent", "71.2 %"],
  [92, "celsius", "92 °C"],
  [1050.2, "megahertz", "1,050 MHz"],
  [612.4, "watts", "612 W"],
  [71234, "watts", "71.2 kW"],
  [67_000_000_000, "bytes", "62.4 GiB"],
  [21.4e9, "bytesPerSecond", "21.4 GB/s"],
  [0.25, "perSecond", "0.25/s"],
  [0.0042, "seconds", "4.2 ms"],
  [0.1184, "seconds", "118 ms"],
  [1.5, "seconds", "1.5 s"],
  [320, "count", "320"],
  [12_345, "count", "12,345"],
  [12_345_678, "count", "12.3 M"],
])("formatUnit(%s, %s) is %s", (value, unit, text) => {
  expect(formatUnit(value, unit)).toBe(text);
});

test.each([
  [450, "450 ms"],
  [4_200, "4 s"],
  [59_999, "59 s"],
  [240_000, "4 min"],
  [4_320_000, "1h 12m"],
  [7_200_000, "2h"],
  [100 * 3_600_000, "4d 4h"],
])("formatDuration(%s) is %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

describe("times", () => {
  const now = Date.UTC(2026, 10, 23, 10, 6, 15);
  test.each([
    [now, "just now"],
    [now + 500, "just now"],
    [now - 240_000, "4 min ago"],
    [now + 20_000, "in 20 s"],
  ])("formatAgo %#", (ms, text) => {
    expect(formatAgo(ms, now)).toBe(text);
  });

  test("a clock time names its day when it is another", () => {
    expect(formatClock(now - 240_000, now, "UTC")).toBe("10:02");
    expect(formatClock(now - 2 * 86_400_000, now, "UTC")).toBe("21 Nov 10:06");
    expect(formatClock(now - 240_000, now, "Asia/Tokyo")).toBe("19:02");
  });

  test("absolute times say their zone", () => {
    expect(formatAbsolute(now, "UTC")).toBe("2026-11-23 10:06:15 UTC");
  });

  test("ticks are as fine as the range", () => {
    expect(formatTick(now, 300_000, "UTC")).toBe("10:06:15");
    expect(formatTick(now, 3_600_000, "UTC")).toBe("10:06");
    expect(formatTick(now, 2 * 86_400_000, "UTC")).toBe("23 Nov 10:06");
  });

  test("ticks lie on round times and stay few", () => {
    const ticks = timeTicks(now - 3_600_000, now, 6);
    expect(ticks.length).toBeLessThanOrEqual(7);
    expect(ticks.every((tick) => tick % 600_000 === 0)).toBe(true);
  });
});

test("counts agree in number", () => {
  expect(count(1, "GPU")).toBe("1 GPU");
  expect(count(1250, "GPU")).toBe("1,250 GPUs");
});
