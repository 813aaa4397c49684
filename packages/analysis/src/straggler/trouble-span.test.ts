import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { sampledSlots } from "./sampled-slots.ts";
import { middleRow, troubleSpan } from "./trouble-span.ts";

const low = (n: number) => Array.from({ length: n }, (_, i) => 0.01 * (i % 3) - 0.01);
const high = (n: number) => Array.from({ length: n }, (_, i) => 0.2 + 0.02 * (i % 3) - 0.02);

describe("where trouble begins and ends", () => {
  test.each([
    { name: "all of the window", log: high(20), span: { first: 0, last: 19 } },
    { name: "from its sixth step on", log: [...low(6), ...high(14)], span: { first: 6, last: 19 } },
    { name: "up to its twelfth step", log: [...high(12), ...low(8)], span: { first: 0, last: 11 } },
    { name: "in its middle", log: [...low(4), ...high(13), ...low(3)], span: { first: 4, last: 16 } },
    { name: "one low step at the edge is noise", log: [...low(1), ...high(19)], span: { first: 0, last: 19 } },
    { name: "steps that were not heard", log: [Number.NaN, Number.NaN, ...high(18)], span: { first: 0, last: 19 } },
    { name: "nothing at all", log: new Array(8).fill(Number.NaN), span: { first: 0, last: 7 } },
  ])("$name", ({ log, span }) => {
    expect(troubleSpan(Float64Array.from(log))).toEqual(span);
  });

  it("lies in the window, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -3, max: 3 }), { minLength: 1, maxLength: 30 }), (log) => {
        const { first, last } = troubleSpan(Float64Array.from(log));
        expect(first >= 0 && first <= last && last < log.length).toBe(true);
      }),
    );
  });

  it("of several rows is that of their middle", () => {
    const log = Float64Array.from([0, 1, 2, 3, Number.NaN, 9, 6, 6, 6]);
    expect([...middleRow(log, 3, [0, 1, 2])]).toEqual([3, 3.5, 6]);
  });
});

describe("slots that are looked at", () => {
  it("are all where there are few, and spread over all where there are many", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 64 }), (slots, most) => {
        const seen = new Set<number>();
        for (let step = 0; step < slots; step++) {
          const into = new Int32Array(most);
          const n = sampledSlots(slots, most, step, into);
          expect(n).toBe(Math.min(slots, most));
          const chosen = [...into.subarray(0, n)];
          expect(chosen).toEqual([...new Set(chosen)].sort((a, b) => a - b));
          for (const slot of chosen) seen.add(slot);
        }
        expect(seen.size).toBe(slots);
        expect(Math.max(...seen)).toBe(slots - 1);
      }),
    );
  });
});
