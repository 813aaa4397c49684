import { encodeRows } from "@lockstep/formats/native";
import type { DeadLetter, LogMessage } from "@lockstep/log/log";
import { BLOCK_TABLES, type TableName } from "@lockstep/schemas/blocks/tables";
import { expect, test } from "vitest";
import { hexDump, letterText, listText } from "./letter-text.ts";

const AT = Date.UTC(2026, 10, 22, 12, 30);

function letter(table: TableName, block: Uint8Array, change: Partial<LogMessage> = {}): DeadLetter {
  return {
    id: "samples/0/41",
    topic: table,
    partition: 0,
    reason: "code 27: cannot parse",
    laidAsideAt: AT,
    message: { table, version: 1, rows: 2, producer: "p-1", sequence: 4096, offset: 41, block, ...change },
  };
}

const samples = encodeRows(BLOCK_TABLES.samples, [
  { metric: 7, series: 2n ** 63n, ts: AT, m: -5, e: 1 },
  { metric: 7, series: 1n, ts: AT + 1, m: 25, e: 0 },
]);

test("the list", () => {
  const { message: _, ...unread } = letter("series", samples);
  expect(listText([letter("samples", samples), unread])).toEqual([
    "ID            LAID ASIDE                FROM           ROWS  BYTES  PRODUCER  REASON",
    "samples/0/41  2026-11-22T12:30:00.000Z  samples/0 @41     2    120  p-1       code 27: cannot parse",
    "samples/0/41  2026-11-22T12:30:00.000Z  series/0          ?      ?  ?         code 27: cannot parse",
  ]);
});

test("a block that can be read shows its rows", () => {
  expect(letterText(letter("samples", samples)).slice(-4)).toEqual([
    "The first 2 of 2 rows:",
    "metric UInt32  series UInt64        ts DateTime64(3)          m Int64  e Int8",
    "7              9223372036854775808  2026-11-22T12:30:00.000Z  -5       1",
    "7              1                    2026-11-22T12:30:00.001Z  25       0",
  ]);
});

test("maps and strings", () => {
  const labels = [
    new Map([["a", "1"]]),
    new Map(),
    new Map([
      ["b", 'x"'],
      ["c", "\u001b[31m"],
    ]),
  ];
  const row = { metric: "m", type: "gauge", unit: "", first_seen: AT, last_seen: AT };
  const block = encodeRows(
    BLOCK_TABLES.series,
    labels.map((map, i) => ({ ...row, series: i, labels: map })),
  );
  const lines = letterText(letter("series", block, { rows: 3 }));
  expect(lines.slice(-3).map((line) => /\{.*\}/.exec(line)?.[0])).toEqual([
    '{a="1"}',
    "{}",
    '{b="x\\"", c="\\u001b[31m"}',
  ]);
  expect(lines.join("")).not.toContain("\u001b");
});

test.each<[string, Uint8Array, Partial<LogMessage>, RegExp]>([
  ["a cut block", samples.subarray(0, 60), {}, /^It is no whole block \(cut at byte 60/],
  ["other rows than told", samples, { rows: 3 }, /^It is no whole block \(samples block: found 5 columns and 2 rows/],
  ["a later version", samples, { version: 2 }, /version 2, this Lockstep reads 1/],
  ["an unknown table", samples, { table: "elsewhere" as TableName }, /no table of this version/],
  ["no envelope", Buffer.from("?"), { version: -1 }, /columns are not known/],
])("%s shows bytes", (_, block, change, said) => {
  const lines = letterText(letter("samples", block, change));
  expect(lines.find((line) => said.test(line))).toBeDefined();
  expect(lines.at(-1)).toMatch(/^[0-9a-f]{8} {2}/);
});

test("a dump is bounded and tells what it leaves out", () => {
  expect(hexDump(Buffer.from("block \u0007 0123456789"))).toEqual([
    "00000000  62 6c 6f 63 6b 20 07 20 30 31 32 33 34 35 36 37  block . 01234567",
    "00000010  38 39                                            89",
  ]);
  expect(hexDump(Buffer.alloc(300)).at(-1)).toBe("... 44 bytes more");
  expect(hexDump(Buffer.alloc(0))).toEqual(["(it is empty)"]);
});
