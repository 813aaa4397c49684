import fc from "fast-check";
import { expect, test } from "vitest";
import { SnappyError, snappyContent } from "./snappy.ts";

const MAX = 1_000_000;
const bytes = (...values: number[]) => Uint8Array.from(values);
const text = (content: Uint8Array) => Buffer.from(content).toString("latin1");
const a = "a".charCodeAt(0);

test.each<[string, Uint8Array, string]>([
  ["nothing", bytes(0), ""],
  ["a literal", bytes(3, 2 << 2, a, a + 1, a + 2), "abc"],
  ["a copy with one byte of offset", bytes(7, 2 << 2, a, a + 1, a + 2, 1, 3), "abcabca"],
  ["a copy that overlaps itself", bytes(6, 0, a, (4 << 2) | 2, 1, 0), "aaaaaa"],
  ["a copy with four bytes of offset", bytes(5, 2 << 2, a, a + 1, a + 2, (1 << 2) | 3, 3, 0, 0, 0), "abcab"],
  ["a literal with its length in a byte", bytes(3, 60 << 2, 2, a, a + 1, a + 2), "abc"],
])("%s", (_, block, content) => expect(text(snappyContent(block, MAX))).toBe(content));

test.each<[string, Uint8Array, string]>([
  ["no length", bytes(), "no length"],
  ["a length without end", bytes(255, 255, 255, 255, 255), "no length"],
  ["more than is allowed", bytes(0x80, 0x80, 0x80, 1), "at most"],
  ["a literal cut short", bytes(3, 2 << 2, a), "expected 2 bytes more"],
  ["a copy from before the beginning", bytes(4, 0, a, 1, 2), "2 bytes back"],
  ["too little", bytes(3, 0, a), "expected 3 as it says"],
  ["too much", bytes(1, 1 << 2, a, a), "more content"],
])("%s is refused", (_, block, message) => {
  expect(() => snappyContent(block, MAX)).toThrow(SnappyError);
  expect(() => snappyContent(block, MAX)).toThrow(message);
});

/** Finds repetitions of four bytes and more by looking at all earlier places: slow, and a different way than the reader's. */
function compressed(content: Uint8Array): Uint8Array {
  const out: number[] = [];
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    out.push(rest >= 128 ? (rest % 128) | 0x80 : rest);
    if (rest < 128) break;
  }
  for (let at = 0; at < content.length; ) {
    let best = { size: 0, offset: 0 };
    for (let offset = 1; offset <= at; offset++) {
      let size = 0;
      while (size < 64 && at + size < content.length && content[at + size] === content[at + size - offset]) size++;
      if (size > best.size) best = { size, offset };
    }
    if (best.size >= 4 && best.size < 12 && best.offset < 2048) {
      out.push(((best.offset >> 8) << 5) | ((best.size - 4) << 2) | 1, best.offset & 255);
    } else if (best.size >= 4) out.push(((best.size - 1) << 2) | 2, best.offset & 255, best.offset >> 8);
    else out.push(0, content[at]!);
    at += best.size >= 4 ? best.size : 1;
  }
  return Uint8Array.from(out);
}

test("what was compressed comes back", () => {
  const content = fc.uint8Array({ maxLength: 300, max: 3 });
  fc.assert(
    fc.property(content, (some) => {
      expect(snappyContent(compressed(some), MAX)).toEqual(some);
    }),
  );
});

test("whatever comes, it is read or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (some) => {
      try {
        snappyContent(some, MAX);
      } catch (error) {
        expect(error).toBeInstanceOf(SnappyError);
      }
    }),
  );
});
