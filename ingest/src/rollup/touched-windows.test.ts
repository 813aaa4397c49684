import { SampleBlock } from "@lockstep/formats/sample-block";
import type { LogMessage } from "@lockstep/log/log";
import fc from "fast-check";
import { expect, test } from "vitest";
import { touchedWindows } from "./touched-windows.ts";

function messageOf(times: readonly number[], shift = 0): LogMessage {
  const block = new SampleBlock();
  for (const ts of times) block.push(1, 2, 3, ts, 4.5, 1);
  // At any place within a larger buffer, as it lies in a message.
  const bytes = Buffer.concat([Buffer.alloc(shift), block.encode()]).subarray(shift);
  return { table: "samples", version: 1, rows: times.length, block: bytes, offset: 0, producer: "p", sequence: 1 };
}

test("are those of every row's time", () => {
  const time = fc.oneof(fc.integer({ min: 0, max: 4_294_967_000_000 }), fc.integer({ min: 1.8e12, max: 1.8e12 + 3e6 }));
  fc.assert(
    fc.property(fc.array(fc.array(time)), fc.nat(7), (blocks, shift) => {
      const expected = new Set(blocks.flat().map((ts) => Math.floor(ts / 300_000) * 300));
      const found = touchedWindows(blocks.map((times) => messageOf(times, shift)));
      expect(found).toEqual([...expected].sort((a, b) => a - b));
    }),
  );
});

test.each([
  { name: "before 1970", ts: -1 },
  { name: "after 2106", ts: 4_294_967_296_000 },
])("samples $name are in none", ({ ts }) => expect(touchedWindows([messageOf([ts, 300_000])])).toEqual([300]));

test("a block that was refused is passed over", () => {
  const good = messageOf([0]);
  const short = { ...good, block: good.block.subarray(1) };
  const miscounted = { ...good, rows: 2 };
  expect(touchedWindows([short, miscounted, messageOf([600_000])])).toEqual([600]);
});
