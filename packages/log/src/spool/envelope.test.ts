import { TABLE_NAMES } from "@lockstep/schemas/blocks/tables";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LogError } from "../log.ts";
import { decodeEnvelope, encodeEnvelope } from "./envelope.ts";

const outgoing = fc.record({
  table: fc.constantFrom(...TABLE_NAMES),
  version: fc.nat(),
  rows: fc.nat(),
  block: fc.uint8Array(),
});

test("a message comes back as it was", () => {
  fc.assert(
    fc.property(outgoing, fc.string(), fc.nat(), fc.nat(), (message, producer, sequence, offset) => {
      const back = decodeEnvelope(encodeEnvelope(message, producer, sequence, undefined), offset);
      expect({ ...back, block: Uint8Array.from(back.block) }).toEqual({ ...message, producer, sequence, offset });
    }),
  );
});

const withHeader = (text: string) => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text), Buffer.from("block")]);
};
const header = { table: "samples", version: 1, rows: 1, producer: "p", sequence: 1 };

test.each<[string, Buffer]>([
  ["nothing", Buffer.alloc(0)],
  ["less than a length", Buffer.alloc(3)],
  ["a length beyond the end", Buffer.from([255, 255, 255, 255, 1])],
  ["no JSON", withHeader("{")],
  ["JSON null", withHeader("null")],
  ["a list", withHeader("[]")],
  ...Object.keys(header).map((name): [string, Buffer] => [
    `no ${name}`,
    withHeader(JSON.stringify({ ...header, [name]: undefined })),
  ]),
  ["a sequence that is a text", withHeader(JSON.stringify({ ...header, sequence: "1" }))],
  ["a sequence beyond all others", withHeader(JSON.stringify(header).replace('"sequence":1', '"sequence":1e300'))],
  ["rows below zero", withHeader(JSON.stringify({ ...header, rows: -1 }))],
])("%s is corrupt", (_, message) => {
  expect(() => decodeEnvelope(message, 7)).toThrow(LogError);
  expect(() => decodeEnvelope(message, 7)).toThrow(/^message at offset 7: /);
});

test("any damage is corrupt or a message, never another error", () => {
  fc.assert(
    fc.property(
      outgoing,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
      (message, changes) => {
        const bytes = encodeEnvelope(message, "p", 1, 7);
        for (const [at, byte] of changes) bytes[at % Math.min(bytes.length, 90)] = byte;
        try {
          expect(Number.isSafeInteger(decodeEnvelope(bytes, 0).sequence)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(LogError);
        }
      },
    ),
    { numRuns: 1000 },
  );
});
