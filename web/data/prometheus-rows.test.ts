import { expect, test } from "vitest";
import { readLabelRows } from "./prometheus-labels-kept.ts";
import { rowCursor } from "./prometheus-rows.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

test("numbers, little endian", () => {
  const row = rowCursor(bytes("ffffffffffffffff 00f2052a01000000 feffffffffffffff 000000000000f83f"));
  expect([row.series(), row.int64(), row.int64(), row.float64(), row.done]).toEqual([
    18446744073709551615n,
    5_000_000_000,
    -2,
    1.5,
    true,
  ]);
});

test("only a staleness marker and null are absent, told by bits", () => {
  const row = rowCursor(bytes("01 00 020000000000f07f 00 010000000000f87f 00 0000000000000080"));
  expect([row.present(), row.present(), row.present(), row.present(), row.done]).toEqual([
    undefined,
    undefined,
    Number.NaN,
    -0,
    true,
  ]);
});

test("lengths and strings; what is cut short is an error", () => {
  expect(rowCursor(bytes("ac02")).length()).toBe(300);
  expect(rowCursor(bytes("02c3a9")).string()).toBe("é");
  expect(() => rowCursor(bytes("ac")).length()).toThrow(RangeError);
  expect(() => rowCursor(bytes("05c3a9")).string()).toThrow(RangeError);
  expect(() => rowCursor(bytes("0500")).series()).toThrow(RangeError);
});

test("label sets", () => {
  const rows = bytes("0700000000000000 02 0162 0161 02 0178 0179");
  expect([...readLabelRows(rows)]).toEqual([[7n, '{"a":"y","b":"x"}']]);
});
