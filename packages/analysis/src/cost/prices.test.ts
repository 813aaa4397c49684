import { expect, test } from "vitest";
import { type PricedGpu, type PriceRule, ratesOf, withReservations } from "./prices.ts";

const HOUR = 3_600_000;
const gpu = (name: string, more: Partial<PricedGpu> = {}): PricedGpu => ({
  gpu: name,
  model: "NVIDIA H100 80GB HBM3",
  node: new Map([["pool", "train"]]),
  from: 0,
  to: 10 * HOUR,
  ...more,
});
const rule = (perHour: number, more: Partial<PriceRule> = {}): PriceRule => ({
  perHour,
  source: "configured",
  ...more,
});
const told = (each: PricedGpu, rules: PriceRule[]) =>
  ratesOf(each, rules).rates.map(({ from, to, perHour }) => [from / HOUR, to / HOUR, perHour]);

test.each<[string, PricedGpu, PriceRule[], number[][]]>([
  ["by a part of its name", gpu("a"), [rule(1, { gpu: "A100" }), rule(3, { gpu: "h100" })], [[0, 10, 3]]],
  ["the first that holds", gpu("a"), [rule(5), rule(3)], [[0, 10, 5]]],
  ["by a label of its node", gpu("a"), [rule(2, { node: new Map([["pool", "serve"]]) }), rule(3)], [[0, 10, 3]]],
  [
    "spot is not on demand",
    gpu("a"),
    [rule(1, { capacity: "spot" }), rule(3, { capacity: "on_demand" })],
    [[0, 10, 3]],
  ],
  [
    "a price that changes",
    gpu("a"),
    [rule(2, { from: 4 * HOUR, to: 6 * HOUR }), rule(3)],
    [
      [0, 4, 3],
      [4, 6, 2],
      [6, 10, 3],
    ],
  ],
  ["no rule, no price", gpu("a"), [rule(1, { region: "north" })], []],
])("%s", (_, each, rules, expected) => expect(told(each, rules)).toEqual(expected));

test.each([
  ["NVIDIA L40S", "L4", false],
  ["NVIDIA L4", "L4", true],
  ["NVIDIA A10G", "A10", true],
  ["NVIDIA A100-SXM4-80GB", "A10", false],
  ["NVIDIA GH200 480GB", "H200", false],
])("%s is a %s: %s", (model, word, is) => {
  expect(told(gpu("a", { model }), [rule(1, { gpu: word })]).length > 0).toBe(is);
});

test("a list price is a guess", () => {
  expect(ratesOf(gpu("a"), [rule(3, { source: "list" })]).guessed).toBe(true);
  expect(ratesOf(gpu("a"), [rule(3), rule(4, { source: "list" })]).guessed).toBe(false);
});

test("a reservation larger than the cluster: what is unused is paid too", () => {
  const gpus = [gpu("a"), gpu("b", { from: 5 * HOUR })];
  const reservation = { gpus: 3, perHour: 2, from: 0, to: 10 * HOUR };
  const { rates, unused } = withReservations(gpus, [], [reservation], { from: 0, to: 10 * HOUR });
  expect(unused).toEqual({ cost: 30, gpuHours: 2 * 5 + 5 });
  const paid = rates.flatMap((each) => each.rates.map(({ from, to, perHour }) => ((to - from) / HOUR) * perHour));
  expect(paid.reduce((a, b) => a + b, 0) + unused.cost).toBe(3 * 2 * 10);
});

test("a reservation smaller than the cluster is shared", () => {
  const gpus = [gpu("a"), gpu("b")];
  const own = gpus.map((each) => ratesOf(each, [rule(4)]));
  const { rates } = withReservations(gpus, own, [{ gpus: 1, perHour: 2, from: 0, to: 5 * HOUR }], {
    from: 0,
    to: 10 * HOUR,
  });
  expect(rates[0]?.rates.map(({ perHour }) => perHour)).toEqual([3, 4]);
});
