import type { Cells, ExponentialCells } from "@lockstep/schemas/domain/observed";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { advance, type StreamPoint } from "./cumulative.ts";
import { atScale, withZeroThreshold } from "./exponential-cells.ts";
import type { ModelPoint } from "./model-point.ts";

const T = 1_795_000_000_000;
const explicit = (...counts: number[]): Cells => ({ form: "explicit", bounds: [-Infinity, 1, Infinity], counts });

function point(startMs: number | undefined, until: number, cells: Cells, sum?: number): ModelPoint {
  const own = { model: "m", version: "", replica: "", labels: new Map(), kind: "input", feature: "f" } as const;
  const observed = { ...own, since: startMs ?? until - 1, until, cells, missing: 0, sum };
  return { stream: "s", cumulative: true, startMs, observed };
}

function counts(cells: Cells): number[] {
  if (cells.form === "explicit") return [...cells.counts];
  if (cells.form === "categories") return [...cells.counts.values()];
  return [cells.zeroCount, ...cells.positive.counts, ...cells.negative.counts];
}
const total = (cells: Cells) => counts(cells).reduce((sum, count) => sum + count, 0);

describe("a stream's points", () => {
  const first: StreamPoint = { startMs: T, timeMs: T + 60, cells: explicit(3, 4), sum: 10 };
  test.each([
    ["the first of a known start tells all", undefined, point(T, T + 60, explicit(3, 4), 10), [T, T + 60, 3, 4]],
    [
      "the first of an unknown start is where counting begins",
      undefined,
      point(undefined, T + 60, explicit(3, 4)),
      undefined,
    ],
    ["the next tells what is new", first, point(T, T + 120, explicit(3, 9), 25), [T + 60, T + 120, 0, 5]],
    ["an older one tells nothing", first, point(T, T + 30, explicit(1, 1)), undefined],
    ["the same one tells nothing", first, point(T, T + 60, explicit(3, 4)), undefined],
    ["less than before: begun anew", first, point(T, T + 120, explicit(4, 2)), [T + 60, T + 120, 4, 2]],
    ["another start: begun anew", first, point(T + 70, T + 120, explicit(5, 6)), [T + 70, T + 120, 5, 6]],
  ] as const)("%s", (_, previous, next, expected) => {
    const { counted } = advance(previous, next);
    expect(counted && [counted.since, counted.until, ...counts(counted.cells)]).toEqual(expected);
  });

  test("the sum goes along, and not where it is not told", () => {
    expect(advance(first, point(T, T + 120, explicit(3, 9), 25)).counted?.sum).toBe(15);
    expect(advance(first, point(T, T + 120, explicit(3, 9))).counted?.sum).toBeUndefined();
  });

  test("other bounds under the same start are told, and counted from there on", () => {
    const other: Cells = { form: "explicit", bounds: [-Infinity, 2, Infinity], counts: [9, 9] };
    const step = advance(first, point(T, T + 120, other));
    expect(step.counted).toBeUndefined();
    expect(step.problem).toMatch(/explicit_bounds: found other bounds/);
    expect(advance(step.next, point(T, T + 180, { ...other, counts: [9, 10] })).counted?.cells).toMatchObject({
      counts: [0, 1],
    });
  });
});

const added = fc.array(fc.nat({ max: 50 }), { minLength: 3, maxLength: 3 });
const step = fc.record({ added, restart: fc.integer({ min: 0, max: 9 }), older: fc.integer({ min: 0, max: 9 }) });

test("explicit: whatever restarts and comes late, no count is negative, doubled or lost", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let [start, now, told, seen] = [T, T, 0, 0];
      let held = [0, 0, 0];
      let previous: StreamPoint | undefined;
      let last: ModelPoint | undefined;
      for (const { added, restart, older } of steps) {
        now += 60_000;
        if (restart === 0) {
          [start, held] = [now - 1_000, [0, 0, 0]];
        }
        held = held.map((count, i) => count + added[i]!);
        seen += added.reduce((sum, count) => sum + count, 0);
        const cells: Cells = { form: "explicit", bounds: [-Infinity, 1, 2, Infinity], counts: held };
        const next = point(start, now, cells);
        for (const each of older === 0 && last !== undefined ? [next, last, next] : [next]) {
          const { counted, next: kept } = advance(previous, each);
          previous = kept;
          if (counted === undefined) continue;
          expect(counts(counted.cells).every((count) => count >= 0)).toBe(true);
          expect(counted.since).toBeLessThan(counted.until);
          told += total(counted.cells);
        }
        last = next;
      }
      expect(told).toBe(seen);
    }),
  );
});

const buckets = fc.record({
  offset: fc.integer({ min: -40, max: 40 }),
  counts: fc.array(fc.nat({ max: 9 }), { maxLength: 12 }),
});
const exponential: fc.Arbitrary<ExponentialCells> = fc.record({
  form: fc.constant("exponential" as const),
  scale: fc.integer({ min: -2, max: 4 }),
  zeroThreshold: fc.constantFrom(0, 1e-6, 0.5),
  zeroCount: fc.nat({ max: 9 }),
  positive: buckets,
  negative: buckets,
});

function sumOf(a: ExponentialCells, b: ExponentialCells): ExponentialCells {
  const scale = Math.min(a.scale, b.scale);
  const threshold = Math.max(a.zeroThreshold, b.zeroThreshold);
  const [one, two] = [a, b].map((cells) => withZeroThreshold(atScale(cells, scale), threshold));
  const both = (x: ExponentialCells["positive"], y: ExponentialCells["positive"]) => {
    const offset = Math.min(x.offset, y.offset);
    const end = Math.max(x.offset + x.counts.length, y.offset + y.counts.length);
    const at = (of: typeof x, i: number) => of.counts[offset + i - of.offset] ?? 0;
    return { offset, counts: Array.from({ length: Math.max(0, end - offset) }, (_, i) => at(x, i) + at(y, i)) };
  };
  const zeroCount = one!.zeroCount + two!.zeroCount;
  const sides = { positive: both(one!.positive, two!.positive), negative: both(one!.negative, two!.negative) };
  return { form: "exponential", scale, zeroThreshold: threshold, zeroCount, ...sides };
}

test("exponential: what was added is what is told, however coarse the stream has become", () => {
  fc.assert(
    fc.property(exponential, exponential, (before, more) => {
      const now = sumOf(before, more);
      const previous = { startMs: T, timeMs: T + 60, cells: before, sum: undefined };
      const { counted } = advance(previous, point(T, T + 120, now));
      expect(counted!.since).toBe(T + 60);
      expect(counts(counted!.cells).every((count) => count >= 0)).toBe(true);
      expect(total(counted!.cells)).toBe(total(more));
    }),
  );
});

test("exponential: of any two points nothing is negative, and coarser cells hold as much", () => {
  fc.assert(
    fc.property(exponential, exponential, fc.integer({ min: 0, max: 5 }), (before, now, by) => {
      expect(total(atScale(before, before.scale - by))).toBe(total(before));
      expect(total(withZeroThreshold(before, 0.7))).toBe(total(before));
      const { counted } = advance(
        { startMs: T, timeMs: T + 60, cells: before, sum: undefined },
        point(T, T + 120, now),
      );
      expect(counts(counted!.cells).every((count) => count >= 0)).toBe(true);
    }),
  );
});
