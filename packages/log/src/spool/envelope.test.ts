import { TABLE_NAMES } from "@lockstep/schemas/blocks/tables";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LogError } from "../log.ts";
import { decodeEnvelope, encodeEnvelope } from "./envelope.ts";

const moment = fc.integer({ min: 0, max: 2 ** 43 });
const outgoing = fc.record(
  {
    table: fc.constantFrom(...TABLE_NAMES),
    version: fc.nat(),
    rows: fc.nat(),
    block: fc.uint8Array(),
    lane: fc.integer({ min: 1, max: 1023 }),
    scrapedAt: moment,
  },
  { requiredKeys: ["table", "version", "rows", "block"] },
);

test("a message comes back as it was, with what it tells of lane and times and without what it does not", () => {
  fc.assert(
    fc.property(
      outgoing,
      fc.string(),
      fc.nat(),
      fc.nat(),
      fc.option(moment, { nil: undefined }),
      (message, producer, sequence, offset, appendedAt) => {
        const { block, ...back } = decodeEnvelope(encodeEnvelope(message, producer, sequence, appendedAt), offset);
        const times = appendedAt === undefined ? {} : { appendedAt };
        expect({ ...back, block: Uint8Array.from(block) }).toStrictEqual({
          ...message,
          ...times,
          producer,
          sequence,
          offset,
        });
      },
    ),
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

test("an envelope of before there were lanes and times is read, and so is one whose times make no sense", () => {
  const { block, ...old } = decodeEnvelope(withHeader(JSON.stringify(header)), 7);
  expect(old).toStrictEqual({ ...header, offset: 7 });
  expect(block.toString()).toBe("block");
  const odd = { ...header, lane: "3", scrapedAt: -1, appendedAt: 0.5, more: true };
  expect(decodeEnvelope(withHeader(JSON.stringify(odd)), 7)).toStrictEqual({ ...header, offset: 7, block });
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
