import { RowBinaryError, RowBinaryReader } from "@lockstep/store/row-binary";
import { expect, test } from "vitest";
import { readGridPoint } from "./prometheus-grid-point.ts";
import { readLabelRows } from "./prometheus-labels-kept.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

test("only a staleness marker and null are absent, told by bits", () => {
  const grid = bytes("01 00 020000000000f07f 00 010000000000f87f 00 0000000000000080");
  const reader = new RowBinaryReader(grid);
  const points = Array.from({ length: 4 }, () => readGridPoint(reader, grid));
  expect(points).toEqual([undefined, undefined, Number.NaN, -0]);
  expect(reader.done).toBe(true);
});

test("label sets; an answer cut short is an error", () => {
  const rows = bytes("0700000000000000 02 0162 0161 02 0178 0179");
  expect([...readLabelRows(rows)]).toEqual([[7n, '{"a":"y","b":"x"}']]);
  expect(() => [...readLabelRows(rows.subarray(0, -1))]).toThrow(RowBinaryError);
});
