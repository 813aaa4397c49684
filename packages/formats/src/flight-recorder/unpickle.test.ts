import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PickleError } from "./pickle-error.ts";
import { refusedOpcodes } from "./pickle-opcodes.ts";
import { type PickleValue, pickleLimits } from "./pickle-value.ts";
import { pickle } from "./test/pickle-encoder.ts";
import { unpickle } from "./unpickle.ts";

const latin1 = (text: string) => Uint8Array.from(text, (each) => each.charCodeAt(0));

const { value: anyValue } = fc.letrec<{ value: PickleValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }),
    // Up to 2^53 they come as numbers.
    fc.bigInt(2n ** 53n, 2n ** 200n),
    fc.bigInt(-(2n ** 200n), -(2n ** 53n)),
    fc.string({ unit: "grapheme" }),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 5, noNullPrototype: false }),
  ),
}));

describe.each([2, 3, 4, 5] as const)("protocol %i", (protocol) => {
  test("what was written is read", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(plain(unpickle(pickle(value, protocol)))).toEqual(plain(value));
      }),
      { numRuns: 200 },
    );
  });

  test("bytes", () => {
    const read = unpickle(pickle({ key: Uint8Array.of(0, 200, 255) }, protocol)) as { key: PickleValue };
    expect(read.key).toEqual(protocol >= 3 ? Uint8Array.of(0, 200, 255) : "\x00\xc8\xff");
  });

  test("cut anywhere it is an error that names the offset", () => {
    const whole = pickle(
      { entries: [{ name: "nccl:send 0->1", sizes: [[2048, 1]], time: 2n ** 60n, ok: true }] },
      protocol,
    );
    for (let length = 0; length < whole.length; length++)
      expect(() => unpickle(whole.subarray(0, length))).toThrow(/^offset \d+: found .*(cut|damaged|STOP)/);
  });

  test("changed bytes never crash and never hang", () => {
    const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
    fc.assert(
      fc.property(anyValue, fc.array(change, { minLength: 1, maxLength: 6 }), (value, changes) => {
        const bytes = pickle(value, protocol);
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        expectValueOrError(bytes);
      }),
      { numRuns: 500 },
    );
  });
});

test("any bytes are a value or a clear error", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), expectValueOrError), { numRuns: 2000 });
});

test("bytes made of opcodes alone are a value or a clear error", () => {
  const opcodes = fc.constantFrom(...latin1("()]}0123NKKaesu.dltMqhqh\x85\x86\x87\x88\x8f\x90\x91\x94"));
  const bytes = fc.array(opcodes, { maxLength: 60 }).map((each) => Uint8Array.from([...each, 0x2e]));
  fc.assert(fc.property(bytes, expectValueOrError), { numRuns: 3000 });
});

/** Its text must name the place. */
function expectValueOrError(bytes: Uint8Array): void {
  try {
    unpickle(bytes, { ...pickleLimits, maxValues: 10_000 });
  } catch (error) {
    expect(error).toBeInstanceOf(PickleError);
    expect((error as PickleError).message).toMatch(/^offset \d+: found /);
  }
}

test.each([...refusedOpcodes])("opcode %i (%s) is refused by name", (opcode, name) => {
  const bytes = Uint8Array.of(0x80, 2, 0x7d, opcode, ...latin1("cos\nsystem\n."));
  expect(() => unpickle(bytes)).toThrow(new RegExp(`^offset 3: found opcode ${name} \\(0x.*do not trust`));
});

describe("protocols 0 and 1", () => {
  const table: [string, string, PickleValue][] = [
    ["numbers", "(I1\nI-2\nL123456789012345678901L\nL5L\nF1.5\nl.", [1, -2, 123456789012345678901n, 5, 1.5]],
    ["booleans and none", "(I01\nI00\nNl.", [true, false, null]],
    ["texts", "(S'it\\'s\\n\\x41\\101'\nVa\\u00e9\\U0001f600\nU\x02\xe9bl.", ["it's\nAA", "aé😀", "\xe9b"]],
    ["dict with a memo", "(dp0\nS'a'\np1\n(lp2\nI7\nasg1\ng2\ns.", { a: [7] }],
    ["a dict of protocol 1", "}q\x00(U\x01aK\x01U\x01bK\x02u.", { a: 1, b: 2 }],
    ["tuples", "((K\x01t)K\x02\x85l.", [[1], [], [2]]],
    ["pop, dup and pop mark", "(K\x01K\x02020(K\x091l.", [1]],
    ["numbers as keys", "}(K\x05K\x01NK\x02u.", { "5": 1, null: 2 }],
    ["special floats", "(Fnan\nF-inf\nF.5\nl.", [Number.NaN, -Infinity, 0.5]],
  ];
  test.each(table)("%s", (_, text, value) => {
    expect(plain(unpickle(latin1(text)))).toEqual(plain(value));
  });
});

describe("bounds", () => {
  const limits = { ...pickleLimits, maxValues: 1000, maxBytes: 100_000, maxDepth: 20 };
  const table: [string, Uint8Array, RegExp][] = [
    ["too many values", latin1(`(${"N".repeat(2000)}l.`), /more than 1000 values/],
    ["too large a file", new Uint8Array(100_001), /found 100001 bytes, expected at most 100000/],
    ["a long text that is not there", Uint8Array.of(0x58, 0xff, 0xff, 0xff, 0x7f), /found the end after 0 bytes/],
    ["a text of 2^63", Uint8Array.of(0x8d, 0, 0, 0, 0, 0, 0, 0, 0x80), /found a length of 9223372036854775808/],
    ["a long number", Uint8Array.of(0x8b, 0xff, 0xff, 0, 0), /a whole number of 65535 bytes/],
    ["open marks", latin1("(".repeat(30)), /more than 20 open marks/],
    ["deep tuples", latin1(`)${"\x85".repeat(100)}.`), /nested deeper than 20/],
    ["a list in itself", latin1("]q\x00h\x00a."), /holds itself/],
    ["a dict in itself", latin1("}q\x00U\x01ah\x00s."), /holds itself/],
    ["doubling lists", latin1(`]${"q\x000(h\x00h\x00l".repeat(40)}.`), /nested deeper than 20/],
    ["protocol 6", Uint8Array.of(0x80, 6, 0x4e, 0x2e), /found protocol 6, expected 0 to 5/],
    ["a list as a key", latin1("}]Ns."), /found a list as a key/],
    ["no memo", latin1("h\x05."), /memo index 5/],
    ["nothing", new Uint8Array(0), /^offset 0: found the end/],
    ["two values", latin1("NN."), /found 2 values and 0 marks at STOP/],
    ["append to a number", latin1("K\x01Na."), /found a number to append to/],
  ];
  test.each(table)("%s", (_, bytes, message) => {
    expect(() => unpickle(bytes, limits)).toThrow(PickleError);
    expect(() => unpickle(bytes, limits)).toThrow(message);
  });
});

test("a key __proto__ is a key like any other", () => {
  const read = unpickle(latin1("}(U\x09__proto__}u."));
  expect(Object.keys(read as object)).toEqual(["__proto__"]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

/** Without prototypes that differ, and with -0 as 0. */
function plain(value: PickleValue): unknown {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array)
    return Object.is(value, -0) ? 0 : value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.entries(value).map(([key, each]) => [key, plain(each)]);
}
