/** The windows of GPUs that causes are judged by, from what their series said. What nobody said stays absent. */
import type { GpuWindow, XidSeen } from "@lockstep/analysis/cause/gpu-window";
import { clockReasonShares } from "@lockstep/analysis/gpu/clock-reasons";
import type { WindowSeriesRow } from "@lockstep/schemas/queries/gpu-windows";

export type Wanted = {
  readonly rank: number | undefined;
  /** UUID. */
  readonly gpu: string | undefined;
  readonly node: string | undefined;
};

export type Said = {
  /** By UUID. */
  readonly gpus: ReadonlyMap<string, readonly WindowSeriesRow[]>;
  /** By the node's short name. */
  readonly nodes: ReadonlyMap<string, readonly WindowSeriesRow[]>;
  readonly xids: ReadonlyMap<string, readonly XidSeen[]>;
  /** Whether Xids of any GPU are told at all: then none is none. */
  readonly xidsTold: (gpu: string) => boolean;
};

export function rowsBySubject(rows: readonly WindowSeriesRow[]): Map<string, WindowSeriesRow[]> {
  const bySubject = new Map<string, WindowSeriesRow[]>();
  for (const row of rows) {
    const found = bySubject.get(row.of);
    if (found) found.push(row);
    else bySubject.set(row.of, [row]);
  }
  return bySubject;
}

/** `seconds`: length of the window. `nodeKey` is the node's short name. */
export function gpuWindowOf({ rank, gpu, node }: Wanted, nodeKey: string | undefined, said: Said, seconds: number) {
  const own = new Series(gpu === undefined ? [] : (said.gpus.get(gpu.toLowerCase().replace(/^gpu-/, "GPU-")) ?? []));
  const host = new Series(nodeKey === undefined ? [] : (said.nodes.get(nodeKey) ?? []));
  const xids = gpu === undefined ? undefined : (said.xids.get(gpu) ?? (said.xidsTold(gpu) ? [] : undefined));
  const window: GpuWindow = { gpu, node, rank, seconds, xids, ...ofGpu(own, seconds), ...ofNode(host) };
  return window;
}

function ofGpu(series: Series, seconds: number): Partial<GpuWindow> {
  const ns = (kind: string) => series.grownNs(`DCGM_FI_DEV_${kind}_VIOLATION`, seconds);
  const flits = series.grown("DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL");
  const data = series.grown("DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL");
  return {
    smClockMhz: series.median("DCGM_FI_DEV_SM_CLOCK"),
    powerW: series.median("DCGM_FI_DEV_POWER_USAGE"),
    temperatureC: series.median("DCGM_FI_DEV_GPU_TEMP"),
    grEngineActive: series.mean("DCGM_FI_PROF_GR_ENGINE_ACTIVE"),
    smActive: series.mean("DCGM_FI_PROF_SM_ACTIVE"),
    tensorActive: series.mean("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"),
    dramActive: series.mean("DCGM_FI_PROF_DRAM_ACTIVE"),
    clockReasons: series.reasons("DCGM_FI_DEV_CLOCKS_EVENT_REASONS", "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS"),
    violationNs: known({
      thermal: ns("THERMAL"),
      power: ns("POWER"),
      reliability: ns("RELIABILITY"),
      boardLimit: ns("BOARD_LIMIT"),
    }),
    ecc: known({
      singleBit: series.grown("DCGM_FI_DEV_ECC_SBE_VOL_TOTAL"),
      doubleBit: series.grown("DCGM_FI_DEV_ECC_DBE_VOL_TOTAL"),
    }),
    rowRemap: known({
      pending: positive(series.last("DCGM_FI_DEV_ROW_REMAP_PENDING")),
      failure: positive(series.last("DCGM_FI_DEV_ROW_REMAP_FAILURE")),
    }),
    pcieReplaysPerMinute: series.perMinute("DCGM_FI_DEV_PCIE_REPLAY_COUNTER"),
    pcieGeneration: series.last("DCGM_FI_DEV_PCIE_LINK_GEN"),
    pcieWidth: series.last("DCGM_FI_DEV_PCIE_LINK_WIDTH"),
    nvlink: known({
      crc: flits === undefined && data === undefined ? undefined : (flits ?? 0) + (data ?? 0),
      replay: series.grown("DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL"),
      recovery: series.grown("DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL"),
    }),
  };
}

function ofNode(series: Series): Partial<GpuWindow> {
  const down = [
    series.grown("node_infiniband_link_downed_total"),
    series.grown("node_network_carrier_down_changes_total"),
  ];
  const received = [
    series.grown("node_infiniband_port_errors_received_total"),
    series.grown("node_network_receive_errs_total"),
  ];
  const steal = series.grown("node_cpu_seconds_total", "steal");
  const all = series.grown("node_cpu_seconds_total");
  return {
    nic: known({
      symbol: series.grown("node_infiniband_symbol_error_total"),
      linkDowned: sum(down),
      receive: sum(received),
    }),
    cpuStealShare: steal === undefined || all === undefined || all === 0 ? undefined : steal / all,
  };
}

/** What one GPU or node said; several series of a metric (after a label changed, of several ports) are taken together. */
class Series {
  readonly #rows: readonly WindowSeriesRow[];

  constructor(rows: readonly WindowSeriesRow[]) {
    this.#rows = rows;
  }

  median(metric: string): number | undefined {
    return this.#longest(metric)?.median;
  }

  mean(metric: string): number | undefined {
    const rows = this.#of(metric);
    const samples = rows.reduce((total, row) => total + row.samples, 0);
    return samples === 0 ? undefined : rows.reduce((total, row) => total + row.mean * row.samples, 0) / samples;
  }

  last(metric: string): number | undefined {
    return this.#longest(metric)?.last;
  }

  /** Undefined with a single sample: nothing is known of growth then. */
  grown(metric: string, mode?: string): number | undefined {
    const rows = this.#of(metric).filter((row) => row.samples > 1 && (mode === undefined || row.mode === mode));
    return rows.length === 0 ? undefined : rows.reduce((total, { increase }) => total + increase, 0);
  }

  perMinute(metric: string): number | undefined {
    const grown = this.grown(metric);
    const spanMs = Math.max(0, ...this.#of(metric).map((row) => row.spanMs));
    return grown === undefined || spanMs === 0 ? undefined : (grown * 60_000) / spanMs;
  }

  /** Nanoseconds over the whole window, of which the samples saw a part. */
  grownNs(metric: string, seconds: number): number | undefined {
    const perMinute = this.perMinute(metric);
    return perMinute === undefined ? undefined : (perMinute * seconds) / 60;
  }

  reasons(...metrics: readonly string[]) {
    for (const metric of metrics) {
      const masks = this.#of(metric).flatMap((row) => row.masks);
      if (masks.length > 0) return clockReasonShares(masks);
    }
    return undefined;
  }

  #of(metric: string): readonly WindowSeriesRow[] {
    return this.#rows.filter((row) => row.metric === metric);
  }

  #longest(metric: string): WindowSeriesRow | undefined {
    return this.#of(metric).reduce<WindowSeriesRow | undefined>(
      (most, row) => (most === undefined || row.samples > most.samples ? row : most),
      undefined,
    );
  }
}

/** Undefined where none of it is known. */
function known<Part extends object>(parts: Part): Part | undefined {
  return Object.values(parts).some((part) => part !== undefined) ? parts : undefined;
}

function positive(value: number | undefined): boolean | undefined {
  return value === undefined ? undefined : value > 0;
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  const told = values.filter((value) => value !== undefined);
  return told.length === 0 ? undefined : told.reduce((total, value) => total + value, 0);
}
