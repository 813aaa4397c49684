import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allocate, type Holding } from "./allocation.ts";
import { bridgeParts, type CostFacts, costBridge, fleetBridge, type ModelWindows } from "./bridge.ts";
import { energyOf } from "./energy.ts";
import { sharedNodePrice } from "./node-price.ts";
import { rateLine } from "./rate-line.ts";
import { reweighted } from "./reweight.ts";
import { usefulHours } from "./useful-hours.ts";

const HOUR = 3_600_000;

test("OpenCost's example: parts of $30, $30 and $10 in a node of $35", () => {
  expect(sharedNodePrice({ gpu: 30, cpu: 30, memory: 10 }, 35)).toEqual({ gpu: 15, cpu: 15, memory: 5 });
  expect(sharedNodePrice({ gpu: 0, cpu: 0, memory: 0 }, 35)).toBeUndefined();
});

test("a later rate replaces an earlier one where they overlap", () => {
  const line = rateLine([
    { from: 0, to: 10, perHour: 2 },
    { from: 4, to: 6, perHour: 3 },
  ]);
  expect(line.map(({ from, to, perHour }) => [from, to, perHour])).toEqual([
    [0, 4, 2],
    [4, 6, 3],
    [6, 10, 2],
  ]);
});

describe("allocation", () => {
  const gpu = (name: string, perHour: number, from = 0, to = 24 * HOUR) => ({
    gpu: name,
    rates: [{ from, to, perHour }],
  });
  const day = { from: 0, to: 24 * HOUR };
  const whole = (owner: string, from: number, to: number, more: Partial<Holding<string>> = {}): Holding<string> => ({
    gpu: "a",
    owner,
    from: from * HOUR,
    to: to * HOUR,
    requested: 1,
    ...more,
  });

  test("a price that changes within the hour", () => {
    const rates = [
      { from: 0, to: HOUR / 2, perHour: 2 },
      { from: HOUR / 2, to: HOUR, perHour: 4 },
    ];
    const { owners, idle, bill } = allocate({ from: 0, to: HOUR }, [{ gpu: "a", rates }], [whole("chat", 0.25, 0.75)]);
    expect(owners.get("chat")).toEqual({ cost: 0.5 + 1, gpuHours: 0.5 });
    expect(idle).toEqual({ cost: 0.5 + 1, gpuHours: 0.5 });
    expect(bill).toBe(3);
  });

  test("MIG slices cost their share, and what no slice holds is idle", () => {
    const slices = [
      whole("x", 0, 24, { instance: "1", requested: 3 / 7 }),
      whole("y", 0, 24, { instance: "2", requested: 2 / 7 }),
    ];
    const { owners, idleOf } = allocate(day, [gpu("a", 7)], slices);
    expect(owners.get("x")?.cost).toBeCloseTo(72, 9);
    expect(owners.get("y")?.cost).toBeCloseTo(48, 9);
    expect(idleOf.get("a")?.cost).toBeCloseTo(48, 9);
  });

  test("a GPU shared in turns is never paid twice", () => {
    const { owners, idle } = allocate(day, [gpu("a", 1)], [whole("x", 0, 24), whole("y", 0, 24, { requested: 0.5 })]);
    expect(owners.get("x")?.cost).toBeCloseTo(16, 9);
    expect(owners.get("y")?.cost).toBeCloseTo(8, 9);
    expect(idle.cost).toBe(0);
  });

  test("the same holding told twice, late or in pieces, counts once", () => {
    const told = [whole("x", 0, 10), whole("x", 5, 12), whole("x", 0, 10)];
    expect(allocate(day, [gpu("a", 1)], told).owners.get("x")?.gpuHours).toBe(12);
  });

  test("more use than was asked for is paid for; hours without a price are told", () => {
    const held = [whole("x", 0, 24, { requested: 0.25, used: 0.5 }), whole("z", 0, 2, { gpu: "unknown" })];
    const { owners, unpricedGpuHours } = allocate(day, [gpu("a", 1)], held);
    expect(owners.get("x")?.cost).toBe(12);
    expect(owners.has("z")).toBe(false);
    expect(unpricedGpuHours).toBe(2);
  });

  test("workload, idle and overhead are the bill, whatever is held", () => {
    const at = fc.integer({ min: -5, max: 30 });
    const holding = fc.record({
      gpu: fc.constantFrom("a", "b", "c"),
      owner: fc.constantFrom("x", "y", "z"),
      instance: fc.constantFrom("1", "2"),
      from: at.map((hour) => hour * HOUR),
      to: at.map((hour) => hour * HOUR + 1234),
      requested: fc.double({ min: 0, max: 1.5, noNaN: true }),
      used: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const rate = fc.record({
      from: at.map((hour) => hour * HOUR + 777),
      to: at.map((hour) => hour * HOUR),
      perHour: fc.double({ min: 0, max: 40, noNaN: true }),
    });
    const paid = fc.tuple(fc.array(rate), fc.array(rate), fc.double({ min: 0, max: 1e5, noNaN: true }));
    fc.assert(
      fc.property(fc.array(holding, { maxLength: 20 }), paid, (holdings, [a, b, overhead]) => {
        const gpus = [
          { gpu: "a", rates: a },
          { gpu: "b", rates: b },
        ];
        const { owners, idle, bill, offBy } = allocate(day, gpus, holdings, overhead);
        const workload = [...owners.values()].reduce((sum, { cost }) => sum + cost, 0);
        expect(Math.abs(offBy)).toBeLessThanOrEqual(1e-9 * Math.max(1, bill));
        expect(Math.abs(workload + idle.cost + overhead - bill)).toBeLessThanOrEqual(1e-9 * Math.max(1, bill));
      }),
    );
  });
});

const some = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const facts: fc.Arbitrary<CostFacts> = fc.record({
  cost: some,
  allocatedGpuHours: some,
  activeGpuHours: some,
  usefulGpuHours: some,
  work: some,
  inferences: some,
});

describe("the bridge", () => {
  const base: CostFacts = {
    cost: 100,
    allocatedGpuHours: 50,
    activeGpuHours: 40,
    usefulGpuHours: 40,
    work: 1e6,
    inferences: 1e4,
  };

  test.each([
    ["price", { ...base, cost: 130 }],
    ["idle", { ...base, cost: 120, allocatedGpuHours: 60 }],
    ["waste", { ...base, cost: 125, allocatedGpuHours: 62.5, activeGpuHours: 50 }],
    ["effort", { ...base, cost: 125, allocatedGpuHours: 62.5, activeGpuHours: 50, usefulGpuHours: 50 }],
    ["mix", { ...base, cost: 200, allocatedGpuHours: 100, activeGpuHours: 80, usefulGpuHours: 80, work: 2e6 }],
  ] as const)("%s alone moves nothing else", (part, after) => {
    const bridge = costBridge(base, after)!;
    for (const each of bridgeParts) {
      const expected = each === part ? bridge.after - bridge.before : 0;
      expect(bridge.parts[each]).toBeCloseTo(expected, 12);
    }
    expect(bridge.after - bridge.before).toBeGreaterThan(0.001);
  });

  test("closes", () => {
    fc.assert(
      fc.property(facts, facts, (before, after) => {
        const bridge = costBridge(before, after)!;
        const sum = bridgeParts.reduce((all, part) => all + bridge.parts[part], 0);
        const largest = Math.max(bridge.before, bridge.after);
        expect(Math.abs(bridge.after - bridge.before - sum)).toBeLessThanOrEqual(1e-12 * largest);
      }),
      { numRuns: 5000 },
    );
  });

  test("closes with shares that move, and models that come and go", () => {
    const model: fc.Arbitrary<ModelWindows> = fc.record(
      { model: fc.string(), before: facts, after: facts },
      { requiredKeys: ["model"] },
    );
    fc.assert(
      fc.property(fc.array(model, { minLength: 1, maxLength: 6 }), (models) => {
        const bridge = fleetBridge(models);
        if (bridge === undefined) return;
        const parts = [...bridgeParts.map((part) => bridge.parts[part]), bridge.share, bridge.newOrRetired];
        const sum = parts.reduce((all, part) => all + part, 0);
        const largest = Math.max(bridge.before, bridge.after);
        expect(Math.abs(bridge.after - bridge.before - sum)).toBeLessThanOrEqual(1e-12 * largest);
      }),
    );
  });

  test("without inferences there is no cost of one", () => {
    expect(costBridge(base, { ...base, inferences: 0 })).toBeUndefined();
    expect(fleetBridge([{ model: "a", before: base }])).toBeUndefined();
  });

  test("one cheap model that takes over lowers the cost by its share alone", () => {
    const cheap = { ...base, cost: 10 };
    const bridge = fleetBridge([
      { model: "dear", before: base, after: { ...base, ...times(base, 0.5) } },
      { model: "cheap", before: cheap, after: times(cheap, 1.5) },
    ])!;
    expect(bridge.share).toBeCloseTo(bridge.after - bridge.before, 12);
    expect(bridge.share).toBeLessThan(0);
  });
});

function times(facts: CostFacts, by: number): CostFacts {
  return Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, value * by])) as CostFacts;
}

describe("energy", () => {
  const options = { intervalSeconds: 10, maxWatts: 700 };

  test("of a counter that begins anew", () => {
    const found = energyOf([0, 10, 20], [9_000_000, 12_000_000, 2_000_000], undefined, options);
    expect(found).toEqual({ joules: 5000, resets: 1, fromPowerSeconds: 0, missingSeconds: 0 });
  });

  test("a rise that no GPU can draw is taken from the power", () => {
    const found = energyOf([0, 10], [0, 1e9], [300, 500], options);
    expect(found).toEqual({ joules: 4000, resets: 0, fromPowerSeconds: 10, missingSeconds: 0 });
    expect(energyOf([0, 10], [0, 1e9], undefined, options).missingSeconds).toBe(10);
  });

  test("samples that are not there", () => {
    expect(energyOf([0, 10, 20], [0, Number.NaN, 6_000_000], undefined, options).joules).toBe(6000);
  });
});

test("the old cost of each bin weighted by the new histogram", () => {
  const found = reweighted([1, 2, 4], [10, 10, 0], [0, 10, 10]);
  expect(found).toEqual({ before: 1.5, after: 3, unknownShare: 0 });
  expect(reweighted([1, Number.NaN], [10, 0], [5, 15])?.unknownShare).toBe(0.75);
  expect(reweighted([Number.NaN], [1], [1])).toBeUndefined();
});

describe("useful hours", () => {
  const record = (replica: string, activeGpuHours: number, work = 100) => ({
    replica,
    kind: "v1",
    activeGpuHours,
    work,
  });

  test("what is above the peers' pace is waste as far as evidence goes", () => {
    const records = [record("a", 10), record("b", 10), record("c", 16)];
    expect(usefulHours(records, new Map([["c", 4]])).usefulGpuHours).toBe(32);
    expect(usefulHours(records, new Map([["c", 40]])).usefulGpuHours).toBe(30);
    expect(usefulHours(records, new Map()).usefulGpuHours).toBe(36);
  });

  test("never more than the active hours, and never less than none", () => {
    const any = fc.record({
      replica: fc.constantFrom("a", "b", "c"),
      kind: fc.constantFrom("k", "l"),
      activeGpuHours: fc.double({ min: 0, max: 100, noNaN: true }),
      work: fc.double({ min: 0, max: 100, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(any), fc.double({ min: 0, max: 1000, noNaN: true }), (records, evidence) => {
        const { activeGpuHours, usefulGpuHours } = usefulHours(records, new Map([["a", evidence]]));
        expect(usefulGpuHours).toBeLessThanOrEqual(activeGpuHours);
        expect(usefulGpuHours).toBeGreaterThanOrEqual(-1e-9 * activeGpuHours);
      }),
    );
  });
});
