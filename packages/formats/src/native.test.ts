import { BLOCK_TABLES, type BlockTable, type TableName } from "@lockstep/schemas/blocks/tables";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readBlock, readBlocks } from "../test/read-block.ts";
import { checkBlock, encodeRows, NativeError, NativeWriter } from "./native.ts";

type Row = Record<string, unknown>;

const text = fc.string({ unit: fc.constantFrom("a", "ä", "\0", "\n", "\u{1f600}", "label"), maxLength: 60 });
const milliseconds = fc.maxSafeInteger();
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  String: text,
  "Map(String, String)": fc.array(fc.tuple(text, text), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  Int8: fc.integer({ min: -128, max: 127 }),
  UInt8: fc.integer({ min: 0, max: 255 }),
  UInt32: uint32,
  "Array(UInt32)": fc.array(uint32, { maxLength: 5 }).map((numbers) => Uint32Array.from(numbers)),
  "Array(Int32)": fc.array(int32, { maxLength: 5 }).map((numbers) => Int32Array.from(numbers)),
  "Array(UInt64)": fc.array(uint64, { maxLength: 5 }).map((numbers) => BigUint64Array.from(numbers)),
  "Array(Float64)": fc.array(fc.double(), { maxLength: 5 }).map((numbers) => Float64Array.from(numbers)),
  "Map(String, UInt64)": fc.array(fc.tuple(text, uint64), { maxLength: 5 }).map((pairs) => new Map(pairs)),
  Int32: int32,
  "Nullable(Int32)": fc.option(int32),
  "Nullable(UInt32)": fc.option(uint32),
  "Nullable(UInt64)": fc.option(uint64),
  "Nullable(Float64)": fc.option(fc.double()),
  "Nullable(DateTime64(6))": fc.option(milliseconds),
  Int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  UInt64: uint64,
  Float64: fc.double(),
  "DateTime64(3)": milliseconds,
};

function rowsOf(table: BlockTable): fc.Arbitrary<Row[]> {
  const row = fc.record(Object.fromEntries(table.columns.map(({ name, type }) => [name, VALUES[type]!])));
  return fc.array(row, { maxLength: 12 });
}

/** As they come back: times are whole numbers of 64 bits. */
function read(row: Row, table: BlockTable): Row {
  const isTime = new Set(table.columns.filter(({ type }) => type.includes("DateTime64")).map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      isTime.has(name) && value !== null ? BigInt(value as number) : value,
    ]),
  );
}

const refusal = (table: BlockTable, rows: number, block: Uint8Array): NativeError | undefined => {
  try {
    checkBlock(table, rows, block);
    return undefined;
  } catch (error) {
    if (error instanceof NativeError) return error;
    throw error;
  }
};

describe.each(Object.keys(BLOCK_TABLES) as TableName[])("a block of %s", (name) => {
  const table = BLOCK_TABLES[name];

  test("reads back as the rows it was made of, and passes the check", () => {
    fc.assert(
      fc.property(rowsOf(table), (rows) => {
        const block = encodeRows(table, rows);
        checkBlock(table, rows.length, block);
        const back = readBlock(block);
        expect(back.columns).toEqual(table.columns);
        expect(back.bytes).toBe(block.length);
        expect(back.rows).toEqual(rows.map((row) => read(row, table)));
      }),
    );
  });

  test("joined with others is read as one after another", () => {
    fc.assert(
      fc.property(fc.array(rowsOf(table), { maxLength: 4 }), (blocks) => {
        const joined = Buffer.concat(blocks.map((rows) => encodeRows(table, rows)));
        expect(readBlocks(joined).flatMap(({ rows }) => rows)).toEqual(blocks.flat().map((row) => read(row, table)));
      }),
      { numRuns: 30 },
    );
  });

  test("cut anywhere, or with anything behind it, is refused", () => {
    fc.assert(
      fc.property(rowsOf(table), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 5 }), (rows, at, more) => {
        const block = encodeRows(table, rows);
        expect(refusal(table, rows.length, block.subarray(0, at % block.length))).toBeInstanceOf(NativeError);
        expect(refusal(table, rows.length, Buffer.concat([block, more]))).toBeInstanceOf(NativeError);
      }),
    );
  });

  test("with any byte changed is refused, or still such a block of as many rows", () => {
    fc.assert(
      fc.property(rowsOf(table), fc.nat(), fc.integer({ min: 1, max: 255 }), (rows, place, change) => {
        const block = Buffer.from(encodeRows(table, rows));
        const at = place % block.length;
        block[at] = block[at]! ^ change;
        if (refusal(table, rows.length, block) !== undefined) return;
        const back = readBlock(block);
        expect(back.columns).toEqual(table.columns);
        expect(back.rows).toHaveLength(rows.length);
        expect(back.bytes).toBe(block.length);
      }),
      { numRuns: 500 },
    );
  });

  test("with any byte of its header changed is refused", () => {
    const block = Buffer.from(encodeRows(table, []));
    for (let at = 0; at < block.length; at++) {
      for (const change of [1, 0x20, 0x80, 0xff]) {
        const damaged = Buffer.from(block);
        damaged[at] = damaged[at]! ^ change;
        expect(refusal(table, 0, damaged)).toBeInstanceOf(NativeError);
      }
    }
  });

  test("any other bytes are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, rows) => {
        expect(refusal(table, rows, bytes)).toBeInstanceOf(NativeError);
      }),
    );
  });
});

describe("the check says what is wrong", () => {
  const { samples, processes } = BLOCK_TABLES;
  const sample = { metric: 1, series: 1n, ts: 1, m: 1, e: 0 };
  const one = encodeRows(samples, [sample]);
  const other = {
    ...samples,
    columns: samples.columns.map((column) => (column.name === "m" ? { ...column, type: "UInt64" } : column)),
  };
  const endless = Buffer.from([0x85, ...Array(12).fill(0xff)]);
  test.each<[string, BlockTable, number, Uint8Array, RegExp]>([
    ["rows", samples, 2, one, /^samples block: found 5 columns and 1 rows, expected 5 and 2$/],
    ["another table", processes, 1, one, /^processes block: found 5 columns and 1 rows, expected 7 and 1$/],
    ["a type", other, 1, one, /^samples block: found column m Int64, expected m UInt64$/],
    ["nothing at all", samples, 0, new Uint8Array(), /^cut at byte 0: needed 1 bytes from byte 0 on$/],
    ["bytes too many", samples, 1, Buffer.concat([one, one]), /^samples block: \d+ bytes after its last column$/],
    ["a number without end", samples, 0, endless, /^varint longer than 53 bits/],
    ["rows that are no number", samples, Number.NaN, one, /found 5 columns and 1 rows/],
  ])("%s", (_, table, rows, block, message) => {
    expect(refusal(table, rows, block)?.message).toMatch(message);
  });

  test("map ends that fall", () => {
    const table: BlockTable = {
      table: "series",
      version: 1,
      columns: [{ name: "labels", type: "Map(String, String)" }],
    };
    const rows = [new Map([["a", "1"]]), new Map()].map((labels) => ({ labels }));
    const block = Buffer.from(encodeRows(table, rows));
    const ends = block.length - 4 - 16;
    block.writeBigUInt64LE(0n, ends + 8);
    expect(refusal(table, 2, block)?.message).toMatch(/^map ends fall from 1 to 0 at byte/);
    block.writeBigUInt64LE(2n ** 60n, ends + 8);
    expect(refusal(table, 2, block)?.message).toMatch(/^cut at byte/); // soon, not after 2^61 strings
  });

  test("a column type nobody knows", () => {
    const table: BlockTable = { table: "series", version: 1, columns: [{ name: "a", type: "UUID" }] };
    const writer = new NativeWriter();
    writer.blockHeader(1, 0);
    writer.columnHeader(table.columns[0]!);
    expect(refusal(table, 0, writer.finish())?.message).toBe("no width known for column type UUID");
  });
});

describe("encodeRows", () => {
  const { samples } = BLOCK_TABLES;
  const full: Row = { metric: 1, series: 1n, ts: 1, m: 1, e: 0 };
  test.each(samples.columns.map(({ name }) => name))("refuses a row without %s", (name) => {
    const { [name]: _, ...rest } = full;
    expect(() => encodeRows(samples, [full, rest])).toThrow(new NativeError(`row 1 of a samples block has no ${name}`));
  });

  test.each<[unknown, bigint]>([
    [0, 0n],
    [42, 42n],
    [2 ** 53, 2n ** 53n],
    [2n ** 64n - 1n, 2n ** 64n - 1n],
    [{ lo: 1, hi: 2 }, 2n ** 33n + 1n],
    [{ lo: 0xffffffff, hi: 0xffffffff }, 2n ** 64n - 1n],
  ])("takes a UInt64 as %s", (series, expected) => {
    expect(readBlock(encodeRows(samples, [{ ...full, series }])).rows[0]!["series"]).toBe(expected);
  });
});

test("a writer grows as it has to", () => {
  const writer = new NativeWriter(1);
  const long = "ä".repeat(10_000);
  writer.string(long);
  writer.bytes(new Uint8Array(5000).fill(7));
  for (const value of [0, 127, 128, 16_383, 16_384, 2 ** 32, Number.MAX_SAFE_INTEGER]) writer.varint(value);
  const bytes = Buffer.from(writer.finish());
  expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xa0, 0x9c, 0x01]));
  expect(bytes.toString("utf8", 3, 20_003)).toBe(long);
  expect(bytes.length).toBe(3 + 20_000 + 5000 + 1 + 1 + 2 + 2 + 3 + 5 + 8);
});

test("plain arrays of numbers are written as typed ones are", () => {
  const table = {
    table: "histograms",
    version: 1,
    columns: [
      { name: "a", type: "Array(UInt64)" },
      { name: "b", type: "Array(Float64)" },
    ],
  } as const;
  const plain = encodeRows(table, [{ a: [1, 2 ** 40], b: [-0.5, Number.POSITIVE_INFINITY] }]);
  const arrays = { a: BigUint64Array.of(1n, 2n ** 40n), b: Float64Array.of(-0.5, Number.POSITIVE_INFINITY) };
  expect(Buffer.from(plain).equals(encodeRows(table, [arrays]))).toBe(true);
});
