import type { GpuSeriesRow } from "@lockstep/schemas/queries/cluster-gpu-series";
import { describe, expect, test } from "vitest";
import { assembleGpus, awaitScrape } from "./assemble.ts";
import { attentionList, median } from "./attention.ts";
import { reasonWords } from "./clock-reasons.ts";
import { gpuKey, isIdle, memoryShare, parseGpuKey } from "./gpu.ts";
import { headline, physicalGpus, summarise } from "./summary.ts";

const AT = 1_800_000_000_000;

function row(metric: string, index: number, labels: Partial<GpuSeriesRow> = {}): GpuSeriesRow {
  return {
    metric,
    series: `${metric} ${index} ${labels.instanceId ?? ""}`,
    type: "gauge",
    uuid: `GPU-${index}`,
    instanceId: "",
    instanceProfile: "",
    node: "node-07",
    gpu: String(index),
    model: "H100",
    driver: "",
    pciBus: "",
    namespace: "",
    pod: "",
    container: "",
    exportedNamespace: "",
    exportedPod: "",
    exportedContainer: "",
    job: "dcgm",
    instance: "node-07:9400",
    firstSeen: AT - 1e7,
    lastSeen: AT - 1e5,
    ...labels,
  };
}

/** A fleet from metric -> value per GPU; null is a stale series, undefined no sample. */
function fleet(
  spec: Record<string, (number | null | undefined)[]>,
  up: number | null = 1,
  labels: Partial<GpuSeriesRow> = {},
) {
  const series = Object.entries(spec).flatMap(([metric, values]) =>
    values.map((_, index) => row(metric, index, labels)),
  );
  const now = Object.entries(spec).flatMap(([metric, values]) =>
    values.flatMap((value, index) =>
      value === undefined
        ? []
        : [{ series: `${metric} ${index} `, value, stale: value === null ? 1 : 0, peak: value, ts: AT - 5000 }],
    ),
  );
  return assembleGpus({ series, now, up: [{ series: "up", job: "dcgm", instance: "node-07:9400", up, ts: AT }] });
}

describe("the state of a GPU", () => {
  test.each([
    ["HW thermal", { DCGM_FI_DEV_CLOCKS_EVENT_REASONS: [0x40] }, "throttled"],
    ["SW thermal", { DCGM_FI_DEV_CLOCK_THROTTLE_REASONS: [0x24] }, "throttled"],
    ["power cap", { DCGM_FI_DEV_CLOCKS_EVENT_REASONS: [0x4] }, "ok"],
    ["XID before throttle", { DCGM_FI_DEV_CLOCKS_EVENT_REASONS: [0x40], DCGM_FI_DEV_XID_ERRORS: [79] }, "xid"],
    ["XID 0 is none", { DCGM_FI_DEV_XID_ERRORS: [0] }, "ok"],
    ["ended series", { DCGM_FI_DEV_GPU_UTIL: [null] }, "down"],
    ["no sample", { DCGM_FI_DEV_GPU_UTIL: [undefined] }, "down"],
  ] as const)("%s", (_, spec, state) => {
    expect(fleet(spec as never)[0]?.state).toBe(state);
  });

  test("is waited for while nobody has scraped it, and neither up nor down", () => {
    const series = [row("DCGM_FI_DEV_GPU_UTIL", 0), row("DCGM_FI_DEV_GPU_UTIL", 1)];
    const now = [{ series: series[0]?.series ?? "", value: 5, stale: 0, peak: 5, ts: AT }];
    const gpus = awaitScrape(assembleGpus({ series, now, up: [] }));
    expect(gpus.map((gpu) => gpu.state)).toEqual(["ok", "waiting"]);
    expect(attentionList(gpus, new Map())).toEqual([]);
    expect(headline(summarise(gpus))).toBe("1 of 2 GPUs is up; the rest is not scraped yet.");
  });

  test("is down when its target is, whatever was read last", () => {
    const [gpu] = fleet({ DCGM_FI_DEV_GPU_UTIL: [50] }, 0);
    expect(gpu).toMatchObject({ state: "down", why: "its exporter does not answer", values: {} });
  });
});

test("a quantity comes from its first source that has a sample, in its own unit", () => {
  const [gpu] = fleet({
    DCGM_FI_PROF_GR_ENGINE_ACTIVE: [0.25],
    DCGM_FI_DEV_FB_USED: [1024],
    DCGM_FI_DEV_FB_FREE: [3072],
  });
  expect(gpu?.values.utilisation).toBe(25);
  expect(memoryShare(gpu?.values ?? {})).toBe(25);
  expect(gpu?.values.power).toBeUndefined();
});

test("an idle GPU is one that was idle for the whole lookback; unknown stays unknown", () => {
  expect(fleet({ DCGM_FI_DEV_GPU_UTIL: [0, 50, undefined] }).map(isIdle)).toEqual([true, false, null]);
});

test("plain pod labels are the exporter's where exported ones exist", () => {
  const series = [
    row("DCGM_FI_DEV_GPU_UTIL", 0, { pod: "dcgm-exporter-x", exportedPod: "train-0", exportedNamespace: "ml" }),
    row("DCGM_FI_DEV_GPU_UTIL", 1, { pod: "dcgm-exporter-x" }),
  ];
  expect(assembleGpus({ series, now: [], up: [] }).map((gpu) => gpu.pod)).toEqual(["train-0", null]);
});

test("MIG slices are cells of their own and no GPUs more", () => {
  const series = [row("DCGM_FI_DEV_GPU_TEMP", 0), row("DCGM_FI_PROF_GR_ENGINE_ACTIVE", 0, { instanceId: "13" })];
  const gpus = assembleGpus({ series, now: [], up: [] });
  expect(gpus.map((gpu) => gpu.key)).toEqual(["GPU-0", "GPU-0~13"]);
  expect(physicalGpus(gpus)).toHaveLength(1);
  expect(parseGpuKey(gpuKey("GPU-0", "13"))).toEqual({ uuid: "GPU-0", instanceId: "13" });
});

describe("attention", () => {
  const throttled = fleet({
    DCGM_FI_DEV_CLOCKS_EVENT_REASONS: [0, 0, 0x48, 0],
    DCGM_FI_DEV_SM_CLOCK: [1755, 1740, 1050, 1770],
    DCGM_FI_DEV_GPU_TEMP: [61, 60, 92, 63],
  });

  test("names the throttled GPU with its clock against its peers'", () => {
    const since = new Map([["throttled GPU-2", { sinceMs: AT - 240_000, earlier: false }]]);
    expect(attentionList(throttled, since)).toEqual([
      {
        id: "throttled GPU-2",
        severity: "warning",
        kind: "throttled",
        text: "node-07 GPU 2 is thermally throttled: 92 °C, SM clock 1,050 MHz vs peers' 1,755 MHz",
        href: "/gpus/GPU-2",
        sinceMs: AT - 240_000,
        earlier: false,
      },
    ]);
    expect(headline(summarise(throttled))).toBe("1 of 4 GPUs is thermally throttled.");
  });

  test("a node that is down as a whole is one line", () => {
    const list = attentionList(fleet({ DCGM_FI_DEV_GPU_UTIL: [null, null, null] }, 0), new Map());
    expect(list.map((item) => item.text)).toEqual([
      "node-07 is down with all of its 3 GPUs: its exporter does not answer",
    ]);
  });

  test("is empty and calm when all is well", () => {
    const gpus = fleet({ DCGM_FI_DEV_GPU_UTIL: [50, 60] });
    expect(attentionList(gpus, new Map())).toEqual([]);
    expect(headline(summarise(gpus))).toBe("All 2 GPUs are up; none is throttled.");
  });
});

test("reasons are told in words, worst first, unknown bits by number", () => {
  expect(reasonWords(0x45)).toBe("HW thermal slowdown, power cap, idle");
  expect(reasonWords(0x200)).toBe("reason 0x200");
  expect(reasonWords(0)).toBe("nothing holds the clocks back");
});

test.each([
  [[], null],
  [[3], 3],
  [[1, 9, 5], 5],
  [[1, 3], 2],
])("median of %j", (values, expected) => {
  expect(median(values)).toBe(expected);
});
