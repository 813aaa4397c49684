import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RowBinaryError, RowBinaryReader } from "./row-binary.ts";

const of = (...bytes: number[]) => new RowBinaryReader(Uint8Array.from(bytes));
const whole = (size: number, write: (bytes: Buffer) => void) => {
  const bytes = Buffer.alloc(size);
  write(bytes);
  return new RowBinaryReader(bytes);
};

describe("numbers", () => {
  const table: { what: string; read: unknown; expected: unknown }[] = [
    { what: "UInt8", read: of(200).u8(), expected: 200 },
    { what: "Int8", read: of(200).i8(), expected: -56 },
    { what: "Bool", read: of(1).bool(), expected: true },
    { what: "UInt16", read: of(0x34, 0x12).u16(), expected: 0x1234 },
    { what: "Int16", read: of(0xff, 0xff).i16(), expected: -1 },
    { what: "UInt32", read: of(0, 0, 0, 0x80).u32(), expected: 2 ** 31 },
    { what: "Int32", read: of(0, 0, 0, 0x80).i32(), expected: -(2 ** 31) },
    { what: "UInt64", read: whole(8, (b) => b.fill(0xff)).u64(), expected: 2n ** 64n - 1n },
    { what: "Int64", read: whole(8, (b) => b.fill(0xff)).i64(), expected: -1n },
    {
      what: "halves",
      read: whole(8, (b) => b.writeBigUInt64LE(0x7ff0000000000002n)).halves(),
      expected: { low: 2, high: 0x7ff00000 },
    },
    { what: "Float32", read: whole(4, (b) => b.writeFloatLE(1.5)).f32(), expected: 1.5 },
    { what: "Float64", read: whole(8, (b) => b.writeDoubleLE(-0.1)).f64(), expected: -0.1 },
  ];
  test.each(table)("$what", ({ read, expected }) => expect(read).toEqual(expected));

  test("an Int64 as a number is exact or refused", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const reader = whole(8, (b) => b.writeBigInt64LE(value));
        if (BigInt.asIntN(64, value) === value && Number.isSafeInteger(Number(value)))
          expect(reader.int64()).toBe(Number(value));
        else expect(() => reader.int64()).toThrow(RowBinaryError);
      }),
    );
  });
});

describe("what has a length", () => {
  test("string, array, map, nullable, one after another", () => {
    const reader = of(2, 0xc3, 0xa4, 2, 7, 8, 1, 1, 0x61, 9, 1, 0, 5);
    expect(reader.string()).toBe("ä");
    expect(reader.array((r) => r.u8())).toEqual([7, 8]);
    expect(
      reader.map(
        (r) => r.string(),
        (r) => r.u8(),
      ),
    ).toEqual(new Map([["a", 9]]));
    expect(reader.nullable((r) => r.u8())).toBeUndefined();
    expect(reader.done).toBe(false);
    expect(reader.nullable((r) => r.u8())).toBe(5);
    expect(reader.done).toBe(true);
  });

  test("a length of several bytes", () => expect(of(0xac, 0x02).length()).toBe(300));

  test.each([
    ["a number", (r: RowBinaryReader) => r.u64()],
    ["a string", (r: RowBinaryReader) => r.string()],
    ["an array", (r: RowBinaryReader) => r.array((item) => item.u32())],
    ["a length", (r: RowBinaryReader) => r.length()],
  ])("%s that the answer cuts off", (_, read) => {
    expect(() => read(of(0x85))).toThrow(RowBinaryError);
  });

  test("a length that no answer has", () => {
    expect(() => of(0xff, 0xff, 0xff, 0xff, 0xff, 0x01).string()).toThrow(/a length beyond/);
  });
});

test("no bytes make it read beyond their end, or hang", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const reader = new RowBinaryReader(bytes);
      try {
        while (!reader.done)
          reader.map(
            (r) => r.string(),
            (r) => r.nullable((item) => item.array((x) => x.u16())),
          );
        expect(reader.position).toBe(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(RowBinaryError);
      }
    }),
    { numRuns: 2000 },
  );
});
