import { exitCodeOf } from "@lockstep/process/exit-code";
import fc from "fast-check";
import { expect, test } from "vitest";
import { placeOf } from "../target-hash.ts";
import { inShard, parseShard, type Shard } from "./shard.ts";

test.each<[text: string, shard: Shard]>([
  ["1/1", { index: 1, of: 1 }],
  ["2/3", { index: 2, of: 3 }],
  ["3/3", { index: 3, of: 3 }],
])("%s", (text, shard) => {
  expect(parseShard(text)).toEqual(shard);
});

test.each(["4/3", "0/3", "0/0", "1/0", "-1/3", "1.5/3", "2", "2/", "/3", "2/3/4", "a/b", "1/99999", ""])(
  "%j is refused",
  (text) => {
    const refuse = () => parseShard(text);
    expect(refuse).toThrow(
      `LOCKSTEP_SHARD: found ${JSON.stringify(text)}, expected INDEX/COUNT with an index from 1 to the count, such as 2/3`,
    );
    try {
      refuse();
    } catch (error) {
      expect(exitCodeOf(error)).toBe(78);
    }
  },
);

const labels = fc
  .array(fc.tuple(fc.constantFrom("job", "instance", "rack", "__proto__"), fc.string()), { maxLength: 4 })
  .map((entries) => new Map(entries));

test("over any targets each is in exactly one shard, whatever the order of its labels", () => {
  fc.assert(
    fc.property(fc.array(labels, { maxLength: 20 }), fc.integer({ min: 1, max: 12 }), (targets, of) => {
      const shards = Array.from({ length: of }, (_, i) => ({ index: i + 1, of }));
      for (const target of targets) {
        const takers = shards.filter((shard) => inShard({ labels: target }, shard));
        expect(takers).toHaveLength(1);
        expect(inShard({ labels: new Map([...target].reverse()) }, takers[0]!)).toBe(true);
      }
    }),
  );
});

test("shards are even, and the targets of one fill all lanes evenly", () => {
  const all = Array.from({ length: 12_000 }, (_, n) => new Map([["instance", `10.0.0.${n}:9400`]]));
  const ours = all.filter((each) => inShard({ labels: each }, { index: 2, of: 3 }));
  expect(Math.abs(ours.length - 4000)).toBeLessThan(300);
  const lanes = [0, 0, 0];
  for (const each of ours) lanes[placeOf(each, "lane", 3)]!++;
  for (const count of lanes) expect(Math.abs(count - ours.length / 3)).toBeLessThan(150);
});
