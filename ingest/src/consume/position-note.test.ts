import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { advanceMarks, decodeNote, encodeNote, type PositionNote } from "./position-note.ts";

const marks = fc.dictionary(fc.string({ unit: "grapheme", maxLength: 40 }), fc.nat(), { maxKeys: 400 });
const notes: fc.Arbitrary<PositionNote> = fc.record({ hi: fc.nat(), marks }, { requiredKeys: ["marks"] });

test("no note is no range and no marks", () => {
  expect(decodeNote("")).toEqual({ marks: {} });
});

test.each<PositionNote>([
  { marks: {} },
  { hi: 0, marks: {} },
  { hi: 12, marks: { collector: 4096 } },
  { marks: { a: 0, 'ä"\n': 7 } },
])("%j comes back", (note) => {
  expect(decodeNote(encodeNote(note))).toEqual(note);
});

test("whatever it holds, a note is at most 4000 bytes, keeps its range, and the marks that it keeps are right", () => {
  fc.assert(
    fc.property(notes, (note) => {
      const text = encodeNote(note);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4000);
      const back = decodeNote(text);
      expect(back.hi).toBe(note.hi);
      for (const [producer, mark] of Object.entries(back.marks)) expect(note.marks[producer]).toBe(mark);
      if (Buffer.byteLength(JSON.stringify(note)) < 3500) expect(back).toEqual(note);
      expect(encodeNote(back)).toBe(text);
    }),
  );
});

test("the note before a post and the one after it know the same producers", () => {
  fc.assert(
    fc.property(marks, fc.nat(), (some, hi) => {
      expect(decodeNote(encodeNote({ hi, marks: some })).marks).toEqual(decodeNote(encodeNote({ marks: some })).marks);
    }),
  );
});

test("the longest silent producers go first", () => {
  let moved: PositionNote["marks"] = {};
  for (let i = 0; i < 1000; i++) moved = advanceMarks(moved, [{ producer: `collector-${i}`, sequence: i }]);
  moved = advanceMarks(moved, [{ producer: "collector-0", sequence: 5000 }]);
  const kept = decodeNote(encodeNote({ marks: moved })).marks;
  expect(kept["collector-0"]).toBe(5000);
  expect(kept["collector-999"]).toBe(999);
  expect(kept["collector-1"]).toBeUndefined();
  expect(Object.keys(kept).length).toBeGreaterThan(100);
});

describe("advanceMarks", () => {
  const message = (producer: string, sequence: number) => ({ producer, sequence });
  test.each([
    [{}, [message("a", 0)], { a: 0 }],
    [{ a: 5 }, [message("a", 4)], { a: 5 }],
    [{ a: 5 }, [message("a", 6), message("b", 1), message("a", 7)], { a: 7, b: 1 }],
    [{}, [message("", -1)], {}],
  ])("%j and %j", (before, messages, after) => {
    expect(advanceMarks(before, messages)).toEqual(after);
  });
});
