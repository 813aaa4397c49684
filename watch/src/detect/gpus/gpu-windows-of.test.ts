import type { WindowSeriesRow } from "@lockstep/schemas/queries/gpu-windows";
import { expect, test } from "vitest";
import { gpuWindowOf, rowsBySubject } from "./gpu-windows-of.ts";

const GPU = "GPU-00000000-0000-0000-0000-000000000001";

function row(metric: string, more: Partial<WindowSeriesRow>, of = GPU): WindowSeriesRow {
  const none = { mode: "", samples: 4, median: 0, mean: 0, last: 0, increase: 0, spanMs: 45_000, masks: [] };
  return { metric, of, ...none, ...more };
}

function windowOf(rows: readonly WindowSeriesRow[], nodes: readonly WindowSeriesRow[] = []) {
  const gpus = rowsBySubject(rows);
  const said = { gpus, nodes: rowsBySubject(nodes), xids: new Map(), xidsTold: (gpu: string) => gpus.has(gpu) };
  return gpuWindowOf({ rank: 3, gpu: GPU, node: "node-1.cluster" }, "node-1", said, 60);
}

test("what nobody said is absent", () => {
  const window = windowOf([]);
  const told = Object.entries(window).filter(([, value]) => value !== undefined);
  expect(Object.fromEntries(told)).toEqual({ gpu: GPU, node: "node-1.cluster", rank: 3, seconds: 60 });
});

test("gauges, shares, growth and states", () => {
  const window = windowOf([
    row("DCGM_FI_DEV_SM_CLOCK", { median: 1410 }),
    row("DCGM_FI_PROF_SM_ACTIVE", { mean: 0.5 }),
    row("DCGM_FI_DEV_CLOCKS_EVENT_REASONS", { masks: [0, 0x40, 0x44, 0x40] }),
    row("DCGM_FI_DEV_THERMAL_VIOLATION", { increase: 9e9 }),
    row("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", { increase: 3 }),
    row("DCGM_FI_DEV_ROW_REMAP_PENDING", { last: 1 }),
    row("DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL", { increase: 2 }),
    row("DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL", { increase: 5 }),
  ]);
  expect(window).toMatchObject({
    smClockMhz: 1410,
    smActive: 0.5,
    clockReasons: [
      { bit: 0x4, share: 0.25 },
      { bit: 0x40, share: 0.75 },
    ],
    rowRemap: { pending: true, failure: undefined },
    pcieReplaysPerMinute: 4,
    nvlink: { crc: 7 },
    xids: [],
  });
  // 9 s in the 45 s between samples, of a window of 60 s.
  expect(window.violationNs!.thermal).toBeCloseTo(12e9);
});

test("one sample tells nothing of growth", () => {
  const window = windowOf([row("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL", { samples: 1, increase: 0, spanMs: 0 })]);
  expect(window.ecc).toBeUndefined();
});

test("the node's ports and its stolen time", () => {
  const window = windowOf(
    [],
    [
      row("node_infiniband_symbol_error_total", { increase: 4 }, "node-1"),
      row("node_infiniband_symbol_error_total", { increase: 6 }, "node-1"),
      row("node_network_receive_errs_total", { increase: 1 }, "node-1"),
      row("node_cpu_seconds_total", { increase: 90, mode: "idle" }, "node-1"),
      row("node_cpu_seconds_total", { increase: 10, mode: "steal" }, "node-1"),
    ],
  );
  expect(window.nic).toEqual({ symbol: 10, linkDowned: undefined, receive: 1 });
  expect(window.cpuStealShare).toBeCloseTo(0.1);
});
