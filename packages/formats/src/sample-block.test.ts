import { BLOCK_TABLES } from "@lockstep/schemas/blocks/tables";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBlock } from "../test/read-block.ts";
import { sampleRows, sampleRowsOf } from "../test/sample-rows.ts";
import { checkBlock, NativeError } from "./native.ts";
import { SampleBlock } from "./sample-block.ts";
import { SampleBlockView } from "./sample-block-view.ts";

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const time = fc.integer({ min: -(2 ** 45), max: 2 ** 45 });
const sample = fc.record({ metric: word, lo: word, hi: word, ts: time, value: fc.double() });
const samples = fc.array(sample, { maxLength: 40 });

function blockOf(list: readonly { metric: number; lo: number; hi: number; ts: number; value: number }[], capacity = 1) {
  const block = new SampleBlock(capacity);
  for (const { metric, lo, hi, ts, value } of list) block.pushFloat(metric, lo, hi, ts, value);
  return block;
}

const id = (lo: number, hi: number) => (BigInt(hi) << 32n) | BigInt(lo);

test("rows come back bit for bit, whatever the capacity", () => {
  fc.assert(
    fc.property(samples, fc.integer({ min: 1, max: 50 }), (list, capacity) => {
      const block = blockOf(list, capacity);
      checkBlock(BLOCK_TABLES.samples, list.length, block.encode());
      const back = sampleRows(block).map(({ metric, series, ts, value }) => ({ metric, series, ts, value }));
      expect(back).toEqual(list.map(({ metric, lo, hi, ts, value }) => ({ metric, series: id(lo, hi), ts, value })));
    }),
  );
});

describe("push", () => {
  test.each<[number, number, { value: number; exponent: number }]>([
    [1.5, 1, { value: 1.5, exponent: 1 }],
    [1.5, 3, { value: 1.5, exponent: 3 }],
    [-2.25, 2, { value: -2.25, exponent: 2 }],
    [0, 6, { value: 0, exponent: 6 }],
    [0.123456789, 6, { value: 0.123457, exponent: 6 }],
    [-0.0000001, 6, { value: 0, exponent: 6 }],
    [-0, 0, { value: -0, exponent: 127 }],
    [Number.NaN, 6, { value: Number.NaN, exponent: 127 }],
    [Infinity, 6, { value: Infinity, exponent: 127 }],
    [1e300, 0, { value: 1e300, exponent: 127 }],
    [9007199254740991, 0, { value: 9007199254740991, exponent: 0 }],
    [9007199254740992, 0, { value: 9007199254740992, exponent: 127 }],
    [-9007199254740991, 0, { value: -9007199254740991, exponent: 0 }],
    [1e12, 18, { value: 1e12, exponent: 127 }],
  ])("%d at %i decimals", (value, decimals, expected) => {
    const block = new SampleBlock(1);
    block.push(1, 2, 3, 4, value, decimals);
    const row = sampleRows(block)[0]!;
    expect({ value: row.value, exponent: row.exponent }).toEqual(expected);
    expect(Object.is(row.value, expected.value)).toBe(true);
  });
});

test("a mantissa of any safe integer", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 18 }), (mantissa, exponent) => {
      const block = new SampleBlock(1);
      block.pushMantissa(1, 2, 3, 4, mantissa, exponent);
      expect(readBlock(block.encode()).rows[0]).toMatchObject({ m: BigInt(mantissa), e: exponent });
    }),
  );
});

test("the staleness marker is Prometheus' NaN, bit for bit, and no other NaN is it", () => {
  const block = new SampleBlock(1);
  block.pushStale(1, 2, 3, 4);
  block.pushFloat(1, 2, 3, 5, Number.NaN);
  expect(readBlock(block.encode()).rows.map(({ m, e }) => [m, e])).toEqual([
    [0x7ff0000000000002n, 127],
    [0x7ff8000000000000n, 127],
  ]);
  expect(sampleRows(block).map(({ stale }) => stale)).toEqual([true, false]);
});

describe("append, reset, truncate", () => {
  test("are those of an array", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("append" as const), list: samples }),
      fc.record({ kind: fc.constant("reset" as const) }),
      fc.record({ kind: fc.constant("truncate" as const), rows: fc.nat(60) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
        const block = new SampleBlock(1);
        let model: number[] = [];
        for (const each of steps) {
          if (each.kind === "append") {
            block.append(blockOf(each.list));
            model.push(...each.list.map(({ ts }) => ts));
          } else if (each.kind === "reset") {
            block.reset();
            model = [];
          } else {
            block.truncate(each.rows);
            model = model.slice(0, each.rows);
          }
          expect(block.rows).toBe(model.length);
        }
        expect(sampleRows(block).map(({ ts }) => ts)).toEqual(model);
      }),
    );
  });

  test("an encoded block is a copy", () => {
    const block = blockOf([{ metric: 1, lo: 1, hi: 1, ts: 1, value: 1 }]);
    const bytes = block.encode();
    block.reset();
    block.pushStale(9, 9, 9, 9);
    expect(sampleRowsOf(bytes)[0]).toMatchObject({ metric: 1, ts: 1, value: 1 });
  });
});

describe("SampleBlockView", () => {
  test("finds each row, and picks any of them", () => {
    fc.assert(
      fc.property(samples, fc.array(fc.nat(), { maxLength: 10 }), fc.nat(7), (list, picks, shift) => {
        // At any place within a larger buffer, as it lies in a message.
        const block = Buffer.concat([Buffer.alloc(shift), blockOf(list).encode()]).subarray(shift);
        const view = new SampleBlockView(block, list.length);
        expect(view.rows).toBe(list.length);
        list.forEach(({ metric, lo, hi, ts }, row) => {
          expect(view.tsMs(row)).toBe(ts);
          expect(view.key(row)).toEqual({ metric, series: id(lo, hi), tsMs: ts });
        });
        const rows = list.length === 0 ? [] : picks.map((pick) => pick % list.length);
        const picked = view.pick(rows);
        checkBlock(BLOCK_TABLES.samples, rows.length, picked);
        const all = readBlock(block).rows;
        expect(readBlock(picked).rows).toEqual(rows.map((row) => all[row]));
      }),
    );
  });

  test("of what is no such block throws", () => {
    const bytes = blockOf([{ metric: 1, lo: 1, hi: 1, ts: 1, value: 1 }]).encode();
    expect(() => new SampleBlockView(bytes, 2)).toThrow(NativeError);
    expect(() => new SampleBlockView(bytes.subarray(1), 1)).toThrow(NativeError);
  });
});
