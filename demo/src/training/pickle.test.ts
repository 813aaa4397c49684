import { unpickle } from "@lockstep/formats/flight-recorder/unpickle";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Pickled, pickle, Tuple } from "./pickle.ts";

const value = fc.letrec<{ any: Pickled }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.boolean(),
    fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
    fc.integer(),
    fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
    fc.array(tie("any"), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((key) => key !== "__proto__"),
      tie("any"),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
})).any;

test("what is written is read back", () => {
  fc.assert(
    fc.property(value, (written) => {
      expect(unpickle(pickle(written))).toEqual(written);
    }),
  );
});

test("nanoseconds since 1970 and tuples", () => {
  expect(unpickle(pickle([1_795_000_000_123_456_789n, new Tuple("a", 1)]))).toEqual([
    1_795_000_000_123_456_789n,
    ["a", 1],
  ]);
});
