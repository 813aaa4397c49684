import { expect, test } from "vitest";
import { clockReasonShares, clockReasonsIn } from "./clock-reasons.ts";

test.each([
  [0, []],
  [0x1, ["idle"]],
  [0x48, ["hw_slowdown", "hw_thermal"]],
  [0x804, ["power_cap", "0x800"]],
  [2 ** 40 + 0x80, ["power_brake", "0x10000000000"]],
  [Number.NaN, []],
  [-1, []],
])("%d holds %j", (mask, names) => expect(clockReasonsIn(mask).map(({ name }) => name)).toEqual(names));

test("only what slows against the owner's will is bad", () =>
  expect(clockReasonsIn(0x1ff).flatMap(({ bit, bad }) => (bad ? [bit] : []))).toEqual([0x8, 0x20, 0x40, 0x80]));

test("shares are of the samples known", () =>
  expect(clockReasonShares([0x4, 0x44, Number.NaN, 0, 0x4])).toEqual([
    { bit: 0x4, share: 0.75 },
    { bit: 0x40, share: 0.25 },
  ]));
