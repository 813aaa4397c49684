import type { Finding, FindingKind } from "@lockstep/schemas/domain/finding";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { causeOf } from "./cause-of.ts";
import type { GpuBaseline, GpuWindow } from "./gpu-window.ts";

const healthy: GpuWindow = {
  node: "a",
  seconds: 60,
  smClockMhz: 1980,
  powerW: 650,
  temperatureC: 62,
  grEngineActive: 0.97,
  smActive: 0.85,
  tensorActive: 0.5,
  dramActive: 0.4,
  clockReasons: [{ bit: 0x4, share: 0.3 }],
  violationNs: { thermal: 0, power: 6e9 },
  xids: [],
  ecc: { singleBit: 0, doubleBit: 0 },
  rowRemap: { pending: false, failure: false },
  pcieReplaysPerMinute: 0,
  pcieGeneration: 5,
  pcieWidth: 16,
  nvlink: { crc: 0, replay: 0, recovery: 0 },
  nic: { symbol: 0, linkDowned: 0, receive: 0 },
  otherProcesses: 0,
  cpuStealShare: 0,
  dataLoaderShare: 0.02,
};
const peers = [0, 1, 2, 3].map((i): GpuWindow => ({ ...healthy, node: `p${i}`, smClockMhz: 1975 + 5 * i }));

function finding(kind: FindingKind, code = "unknown"): Finding {
  return { kind, job: "j", confidence: "high", cause: { code, text: "" }, summary: "", evidence: [] };
}
const xid = (code: number) => ({ code, at: 1_700_000_000_000 });
const hot = {
  smClockMhz: 1400,
  clockReasons: [
    { bit: 0x40, share: 0.8 },
    { bit: 0x8, share: 0.8 },
  ],
  temperatureC: 91,
};

describe("a slow rank", () => {
  const table: [string, Partial<GpuWindow>, string][] = [
    ["nothing to see", {}, "unknown"],
    ["heat by hardware", hot, "thermal_throttle"],
    ["heat by software", { smClockMhz: 1600, clockReasons: [{ bit: 0x20, share: 0.6 }] }, "thermal_throttle"],
    ["heat by its counter alone", { violationNs: { thermal: 3e9 } }, "thermal_throttle"],
    [
      "power brake",
      {
        smClockMhz: 1000,
        clockReasons: [
          { bit: 0x80, share: 1 },
          { bit: 0x8, share: 1 },
        ],
      },
      "power_brake",
    ],
    [
      "power brake that raises the power counter too",
      {
        smClockMhz: 1000,
        clockReasons: [
          { bit: 0x80, share: 0.7 },
          { bit: 0x4, share: 0.3 },
        ],
        violationNs: { power: 5e10 },
      },
      "power_brake",
    ],
    [
      "power brake in less than half of the samples",
      { clockReasons: [{ bit: 0x80, share: 0.3 }], violationNs: { power: 1.2e10 } },
      "power_brake",
    ],
    ["hardware slowdown without heat", { smClockMhz: 990, clockReasons: [{ bit: 0x8, share: 1 }] }, "power_brake"],
    [
      "hardware slowdown, hot",
      { smClockMhz: 990, temperatureC: 88, clockReasons: [{ bit: 0x8, share: 1 }] },
      "thermal_throttle",
    ],
    [
      "a power limit that its peers do not meet",
      { smClockMhz: 1500, clockReasons: [{ bit: 0x4, share: 1 }] },
      "power_cap",
    ],
    ["a power counter a little above the peers' at the usual clock", { violationNs: { power: 6.4e9 } }, "unknown"],
    ["the usual cap at the usual clock", { clockReasons: [{ bit: 0x4, share: 0.9 }] }, "unknown"],
    ["one blip of a bad reason", { clockReasons: [{ bit: 0x8, share: 0.02 }] }, "unknown"],
    ["clocks set", { smClockMhz: 1410, clockReasons: [{ bit: 0x2, share: 1 }] }, "clocks_set_low"],
    [
      "a low clock for no reason told",
      { smClockMhz: 1410, clockReasons: undefined, violationNs: undefined },
      "unknown",
    ],
    ["Xid 79", { xids: [xid(79)] }, "xid_79"],
    ["the fault before the heat", { ...hot, xids: [xid(48), xid(63)] }, "xid_48"],
    ["an application's error is no slowness", { ...hot, xids: [xid(31), xid(43), xid(45)] }, "thermal_throttle"],
    ["a code not listed, and nothing else", { xids: [xid(999)] }, "xid_999"],
    ["a code not listed beside a reason", { ...hot, xids: [xid(999)] }, "thermal_throttle"],
    ["uncorrectable memory errors", { ecc: { doubleBit: 1 } }, "ecc"],
    ["corrected ones slow nobody", { ecc: { singleBit: 40, doubleBit: 0 } }, "unknown"],
    ["row remapping pending", { rowRemap: { pending: true } }, "row_remap"],
    ["starved", { grEngineActive: 0.6, smActive: 0.5, clockReasons: [{ bit: 0x1, share: 0.2 }] }, "cpu_starved"],
    [
      "starved in a part of the step, by two counters",
      { grEngineActive: 0.9, clockReasons: [{ bit: 0x1, share: 0.07 }] },
      "cpu_starved",
    ],
    [
      "a little less active by one counter",
      { grEngineActive: 0.9, clockReasons: [{ bit: 0x1, share: 0.01 }] },
      "unknown",
    ],
    ["less active, but never idle", { grEngineActive: 0.8, smActive: 0.7, clockReasons: [] }, "unknown"],
    ["waiting for data", { dataLoaderShare: 0.3 }, "cpu_starved"],
    ["CPU stolen", { cpuStealShare: 0.2 }, "cpu_starved"],
    ["time follows length", { smActive: 0.88, workCorrelation: 0.96 }, "sequence_length"],
    ["PCIe replays", { pcieReplaysPerMinute: 30 }, "pcie"],
    ["PCIe narrower", { pcieWidth: 8 }, "pcie"],
    ["another process, busy memory", { otherProcesses: 1, dramActive: 0.7, tensorActive: 0.3 }, "contention"],
    ["another process that does nothing", { otherProcesses: 1 }, "unknown"],
    ["NVLink errors are no self time", { nvlink: { crc: 500 } }, "unknown"],
  ];
  test.each(table)("%s", (_, seen, code) => {
    const { cause } = causeOf(finding("slow_rank"), { ...healthy, ...seen }, peers);
    expect(cause.code).toBe(code);
  });

  test("the numbers stand beside the peers'", () => {
    const { evidence, confidence } = causeOf(finding("slow_rank"), { ...healthy, ...hot }, peers);
    expect(confidence).toBe("high");
    expect(evidence[0]).toMatchObject({
      what: "SM clock",
      value: 1400,
      unit: "MHz",
      peers: { low: 1975, median: 1982.5, high: 1990 },
    });
    expect(evidence[0]!.z).toBeLessThan(-4);
  });

  test("unknown says what was looked at and what nobody told", () => {
    const { cause, evidence, confidence } = causeOf(finding("slow_rank"), { seconds: 60, smClockMhz: 1980 }, peers);
    expect([cause.code, confidence]).toEqual(["unknown", "low"]);
    expect(evidence[0]).toMatchObject({ what: "SM clock", value: 1980 });
    expect(evidence.at(-1)).toMatchObject({ what: "not known of the GPU" });
    expect(evidence.at(-1)!.value).toContain("clock reasons");
    expect(cause.text).toMatch(/11 sources of telemetry are missing/);
  });

  test("without peers its own past stands in, with less confidence", () => {
    const baseline: GpuBaseline = { smClockMhz: 1980 };
    const found = causeOf(finding("slow_rank"), { ...healthy, ...hot }, [], baseline);
    expect([found.cause.code, found.confidence]).toEqual(["thermal_throttle", "medium"]);
  });

  test("a counter that always ticks is judged by its own past", () => {
    const ticking = { ...healthy, pcieReplaysPerMinute: 5 };
    expect(causeOf(finding("slow_rank"), ticking, [], { pcieReplaysPerMinute: 6 }).cause.code).toBe("unknown");
    expect(causeOf(finding("slow_rank"), ticking, [], { pcieReplaysPerMinute: 4 }).cause.code).toBe("pcie");
  });
});

describe("links and groups", () => {
  const on = (node: string, seen: Partial<GpuWindow>): GpuWindow => ({ ...healthy, node, ...seen });
  const table: [string, GpuWindow[], string][] = [
    ["inside a node, NVLink errors", [on("a", { nvlink: { crc: 90, replay: 3 } }), on("a", {})], "nvlink"],
    [
      "inside a node, the node's ports say nothing of it",
      [on("a", { nic: { symbol: 90 } }), on("a", { nic: { symbol: 90 } })],
      "unknown",
    ],
    ["between nodes, symbol errors", [on("a", {}), on("b", { nic: { symbol: 90 } })], "nic"],
    ["between nodes, a port went down", [on("a", { nic: { linkDowned: 1 } }), on("b", {})], "nic"],
    ["one GPU, its node's ports", [on("a", { nic: { symbol: 90 } })], "nic"],
    ["one GPU, its NVLinks", [on("a", { nvlink: { recovery: 2 } })], "nvlink"],
    ["one GPU, both: the one that rises more", [on("a", { nvlink: { crc: 5 }, nic: { symbol: 900 } })], "nic"],
    ["Xid 74", [on("a", { xids: [xid(74)], nvlink: { crc: 9 } })], "xid_74"],
    ["PCIe", [on("a", {}), on("b", { pcieWidth: 4 })], "pcie"],
    ["a throttled clock makes no link slow", [on("a", hot), on("b", {})], "unknown"],
    [
      "no counters",
      [
        { seconds: 60, node: "a" },
        { seconds: 60, node: "b" },
      ],
      "unknown",
    ],
    ["nobody's telemetry", [], "unknown"],
  ];
  test.each(table)("%s", (_, suspects, code) =>
    expect(causeOf(finding("slow_link"), suspects, peers).cause.code).toBe(code),
  );

  test("errors that all ports have are no sign", () => {
    const noisy = peers.map((peer) => ({ ...peer, nic: { symbol: 80 } }));
    expect(causeOf(finding("slow_group"), on("a", { nic: { symbol: 90 } }), noisy).cause.code).toBe("unknown");
  });
});

describe("findings about many", () => {
  const braked = { ...healthy, smClockMhz: 1000, clockReasons: [{ bit: 0x80, share: 1 }] };
  test("a node is blamed for what most of its GPUs share", () => {
    const found = causeOf(finding("slow_node"), [braked, braked, { ...healthy, ...hot }, braked], peers);
    expect(found.cause.code).toBe("power_brake");
    expect(found.evidence[0]).toMatchObject({ what: "GPUs that show it, of 4", value: 3 });
  });
  test("and not for what one of them has", () =>
    expect(causeOf(finding("slow_node"), [braked, healthy, healthy, healthy], peers).cause.code).toBe("unknown"));
  test("a stage is partitioned badly unless its GPUs are held down", () => {
    expect(causeOf(finding("slow_stage"), [healthy, healthy], peers).cause.code).toBe("stage_partitioning");
    expect(causeOf(finding("slow_stage"), [braked, braked], peers).cause.code).toBe("power_brake");
    expect(causeOf(finding("slow_stage"), [], []).cause.code).toBe("stage_partitioning");
  });
  test("an imbalance keeps the cause that was found with it", () => {
    expect(causeOf(finding("imbalance", "sequence_length"), [healthy], peers).cause.code).toBe("sequence_length");
    expect(causeOf(finding("imbalance"), [healthy, healthy], peers).cause.code).toBe("unknown");
    const long = { ...healthy, workCorrelation: 0.97 };
    expect(causeOf(finding("imbalance"), [long, long], peers).cause.code).toBe("sequence_length");
  });
  test("a hang takes an application's error too", () => {
    expect(causeOf(finding("hang"), [{ ...healthy, xids: [xid(31)] }], peers).cause.code).toBe("xid_31");
    expect(causeOf(finding("hang"), [{ ...healthy, xids: [xid(13), xid(79)] }], peers).cause.code).toBe("xid_79");
    expect(causeOf(finding("hang"), [{ ...healthy, ...hot }], peers).cause.code).toBe("unknown");
  });
});

test("thousands are judged in a moment", () => {
  const many = (node: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...healthy, node: `${node}${i >> 3}` }));
  const from = performance.now();
  expect(causeOf(finding("global_slowdown"), many("a", 2048), many("b", 2048)).cause.code).toBe("unknown");
  const group = [...many("a", 1023), { ...healthy, node: "z", nic: { linkDowned: 3 } }];
  expect(causeOf(finding("slow_group"), group, many("b", 3072)).cause.code).toBe("nic");
  // Ten times what it takes on a quiet machine.
  expect(performance.now() - from).toBeLessThan(10_000);
});

test("peers that differ by rounding errors give no z", () => {
  const apart = [0, 5e-324, 1e-323, 1.5e-323].map((grEngineActive): GpuWindow => ({ seconds: 1, grEngineActive }));
  const { evidence } = causeOf(finding("slow_rank"), [{ seconds: 1, grEngineActive: 0.5 }], apart);
  expect(evidence).not.toEqual([]);
  for (const { z } of evidence) expect(z).toBeUndefined();
});

test("whatever is known or missing, a cause comes with finite numbers or none", () => {
  const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined });
  const count = fc.option(fc.oneof(fc.nat(), fc.constant(Number.NaN)), { nil: undefined });
  const window: fc.Arbitrary<GpuWindow> = fc.record({
    seconds: fc.integer({ min: 1, max: 600 }),
    node: fc.constantFrom("a", "b", undefined),
    smClockMhz: count,
    grEngineActive: share,
    dramActive: share,
    temperatureC: count,
    clockReasons: fc.option(
      fc.array(
        fc.record({ bit: fc.nat({ max: 12 }).map((n) => 2 ** n), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
      ),
      { nil: undefined },
    ),
    xids: fc.option(fc.array(fc.record({ code: fc.nat({ max: 200 }), at: fc.nat() })), { nil: undefined }),
    nvlink: fc.option(fc.record({ crc: count, replay: count }), { nil: undefined }),
    nic: fc.option(fc.record({ symbol: count }), { nil: undefined }),
    otherProcesses: count,
  });
  const kinds = fc.constantFrom<FindingKind>(
    "slow_rank",
    "slow_node",
    "slow_link",
    "slow_stage",
    "imbalance",
    "hang",
    "mismatch",
  );
  fc.assert(
    fc.property(
      kinds,
      fc.array(window, { maxLength: 4 }),
      fc.array(window, { maxLength: 4 }),
      (kind, suspects, others) => {
        const { cause, evidence } = causeOf(finding(kind), suspects, others);
        expect(cause.code).not.toBe("");
        for (const { value, z = 0 } of evidence) {
          if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
          expect(Number.isFinite(z)).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});
