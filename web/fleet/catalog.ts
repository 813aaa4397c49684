/** The charts of a GPU's page and the metrics behind them; what an exporter does not send is left out. */
import type { Unit } from "../format/unit.ts";

/** `level`: as it is; `counter`: only rises, so its rate per second; `byType`: as the exporter's TYPE line says, else a level. */
export type Behaviour = "level" | "counter" | "byType";

export type LineSpec = {
  readonly metric: string;
  readonly name: string;
  readonly scale: number;
  readonly behaviour: Behaviour;
  /** Left out while it is zero through the whole range. */
  readonly quietAtZero?: true;
};

export type ChartGroup = "activity" | "power" | "clocks" | "memory" | "interconnect" | "other";

export const GROUP_TITLES: Readonly<Record<ChartGroup, string>> = {
  activity: "Activity",
  power: "Power and temperature",
  clocks: "Clocks",
  memory: "Memory",
  interconnect: "Interconnect",
  other: "Other metrics",
};

export type ChartSpec = {
  readonly id: string;
  readonly group: ChartGroup;
  readonly title: string;
  readonly unit: Unit;
  readonly lines: readonly LineSpec[];
  /** Told in one line, without a chart, while it does not change. */
  readonly brief?: true;
};

const MIB = 1024 ** 2;

function level(metric: string, name: string, scale = 1): LineSpec {
  return { metric, name, scale, behaviour: "level" };
}

function brief(metric: string, group: ChartGroup, title: string, unit: Unit, scale = 1): ChartSpec {
  return { id: metric, group, title, unit, brief: true, lines: [level(metric, "value", scale)] };
}

function quiet(metric: string, name: string, scale = 1): LineSpec {
  return { metric, name, scale, behaviour: "level", quietAtZero: true };
}

export const CHARTS: readonly ChartSpec[] = [
  {
    id: "utilisation",
    group: "activity",
    title: "Utilisation",
    unit: "percent",
    lines: [
      level("DCGM_FI_DEV_GPU_UTIL", "GPU"),
      level("dcgm_gpu_utilization", "GPU"),
      level("nvidia_smi_utilization_gpu_ratio", "GPU", 100),
      level("DCGM_FI_DEV_MEM_COPY_UTIL", "memory copy"),
      quiet("DCGM_FI_DEV_ENC_UTIL", "encoder"),
      quiet("DCGM_FI_DEV_DEC_UTIL", "decoder"),
    ],
  },
  {
    id: "units",
    group: "activity",
    title: "Active time of its units",
    unit: "percent",
    lines: [
      level("DCGM_FI_PROF_SM_ACTIVE", "SM active", 100),
      level("DCGM_FI_PROF_SM_OCCUPANCY", "SM occupancy", 100),
      level("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "tensor", 100),
      level("DCGM_FI_PROF_DRAM_ACTIVE", "memory", 100),
      level("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "engine", 100),
      quiet("DCGM_FI_PROF_PIPE_FP32_ACTIVE", "FP32", 100),
      quiet("DCGM_FI_PROF_PIPE_FP16_ACTIVE", "FP16", 100),
      quiet("DCGM_FI_PROF_PIPE_FP64_ACTIVE", "FP64", 100),
    ],
  },
  {
    id: "temperature",
    group: "power",
    title: "Temperature",
    unit: "celsius",
    lines: [
      level("DCGM_FI_DEV_GPU_TEMP", "GPU"),
      level("dcgm_gpu_temp", "GPU"),
      level("nvidia_smi_temperature_gpu", "GPU"),
      quiet("DCGM_FI_DEV_MEMORY_TEMP", "memory"),
      quiet("nvidia_smi_temperature_memory", "memory"),
      quiet("DCGM_FI_DEV_SLOWDOWN_TEMP", "slowdown limit"),
      quiet("DCGM_FI_DEV_SHUTDOWN_TEMP", "shutdown limit"),
    ],
  },
  {
    id: "power",
    group: "power",
    title: "Power",
    unit: "watts",
    lines: [
      level("DCGM_FI_DEV_POWER_USAGE", "power"),
      level("dcgm_power_usage", "power"),
      level("nvidia_smi_power_draw_watts", "power"),
      level("gpu_power_usage", "power"),
      // Energy counts millijoules.
      {
        metric: "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
        name: "from energy counter",
        scale: 1e-3,
        behaviour: "counter",
      },
      level("DCGM_FI_DEV_POWER_MGMT_LIMIT", "limit"),
      level("nvidia_smi_enforced_power_limit_watts", "limit"),
    ],
  },
  {
    id: "clocks",
    group: "clocks",
    title: "SM clock",
    unit: "megahertz",
    lines: [
      level("DCGM_FI_DEV_SM_CLOCK", "SM"),
      level("dcgm_sm_clock", "SM"),
      level("nvidia_smi_clocks_current_sm_clock_hz", "SM", 1e-6),
    ],
  },
  {
    id: "memory",
    group: "memory",
    title: "Memory",
    unit: "bytes",
    lines: [
      level("DCGM_FI_DEV_FB_USED", "used", MIB),
      level("dcgm_fb_used", "used", MIB),
      level("nvidia_smi_memory_used_bytes", "used"),
      level("DCGM_FI_DEV_FB_FREE", "free", MIB),
      level("dcgm_fb_free", "free", MIB),
      level("nvidia_smi_memory_free_bytes", "free"),
      quiet("DCGM_FI_DEV_FB_RESERVED", "reserved", MIB),
    ],
  },
  {
    id: "memory-clock",
    group: "memory",
    title: "Memory clock",
    unit: "megahertz",
    brief: true,
    lines: [
      level("DCGM_FI_DEV_MEM_CLOCK", "memory"),
      level("dcgm_memory_clock", "memory"),
      level("nvidia_smi_clocks_current_memory_clock_hz", "memory", 1e-6),
    ],
  },
  {
    id: "nvlink",
    group: "interconnect",
    title: "NVLink",
    unit: "bytesPerSecond",
    lines: [
      { metric: "DCGM_FI_PROF_NVLINK_TX_BYTES", name: "sent", scale: 1, behaviour: "byType" },
      { metric: "DCGM_FI_PROF_NVLINK_RX_BYTES", name: "received", scale: 1, behaviour: "byType" },
      // DCGM counts this one in MiB.
      {
        metric: "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL",
        name: "all links, both ways",
        scale: MIB,
        behaviour: "counter",
      },
    ],
  },
  {
    id: "pcie",
    group: "interconnect",
    title: "PCIe",
    unit: "bytesPerSecond",
    lines: [
      { metric: "DCGM_FI_PROF_PCIE_TX_BYTES", name: "sent", scale: 1, behaviour: "byType" },
      { metric: "DCGM_FI_PROF_PCIE_RX_BYTES", name: "received", scale: 1, behaviour: "byType" },
    ],
  },
  brief("DCGM_FI_DEV_FB_TOTAL", "memory", "Memory in all", "bytes", MIB),
  brief("DCGM_FI_DEV_PCIE_LINK_GEN", "interconnect", "PCIe generation", "count"),
  brief("DCGM_FI_DEV_PCIE_LINK_WIDTH", "interconnect", "PCIe lanes", "count"),
  brief("DCGM_FI_DEV_PCIE_MAX_LINK_GEN", "interconnect", "PCIe generation, at most", "count"),
  brief("DCGM_FI_DEV_PCIE_MAX_LINK_WIDTH", "interconnect", "PCIe lanes, at most", "count"),
  brief("DCGM_FI_DEV_APP_SM_CLOCK", "clocks", "SM clock of applications", "megahertz"),
  brief("DCGM_FI_DEV_APP_MEM_CLOCK", "clocks", "Memory clock of applications", "megahertz"),
  brief("DCGM_FI_DEV_MAX_SM_CLOCK", "clocks", "SM clock, at most", "megahertz"),
  brief("DCGM_FI_DEV_MAX_MEM_CLOCK", "clocks", "Memory clock, at most", "megahertz"),
  brief("DCGM_FI_DEV_VIDEO_CLOCK", "clocks", "Video clock", "megahertz"),
  brief("DCGM_FI_DEV_PSTATE", "clocks", "Performance state (P0 is the fastest)", "count"),
  brief("DCGM_FI_DEV_FAN_SPEED", "power", "Fan speed", "percent"),
  brief("DCGM_FI_DEV_POWER_MGMT_LIMIT_MAX", "power", "Power limit, at most", "watts"),
  brief("DCGM_FI_DEV_POWER_MGMT_LIMIT_MIN", "power", "Power limit, at least", "watts"),
  brief("DCGM_FI_DEV_VGPU_LICENSE_STATUS", "other", "vGPU licence (1: licensed)", "count"),
  brief("DCGM_FI_DEV_MIG_MODE", "other", "MIG mode (1: on)", "count"),
  brief("DCGM_FI_DEV_ECC_CURRENT", "other", "ECC (1: on)", "count"),
  brief("DCGM_FI_DEV_PERSISTENCE_MODE", "other", "Persistence mode (1: on)", "count"),
];

/** Counters of nanoseconds for which something held the clocks back: their rate is a share of time. */
export const HELD_COUNTERS: Readonly<Record<string, string>> = {
  DCGM_FI_DEV_THERMAL_VIOLATION: "heat",
  DCGM_FI_DEV_POWER_VIOLATION: "power limit",
  DCGM_FI_DEV_BOARD_LIMIT_VIOLATION: "limit of the board",
  DCGM_FI_DEV_RELIABILITY_VIOLATION: "reliability voltage",
  DCGM_FI_DEV_SYNC_BOOST_VIOLATION: "sync boost",
  DCGM_FI_DEV_LOW_UTIL_VIOLATION: "low utilisation",
  DCGM_FI_DEV_TOTAL_APP_CLOCKS_VIOLATION: "anything, below application clocks",
  DCGM_FI_DEV_TOTAL_BASE_CLOCKS_VIOLATION: "anything, below base clocks",
};

/** Shown as a table of counts rather than as charts: the answer is nearly always "none". */
export const ERROR_COUNTERS: Readonly<Record<string, string>> = {
  DCGM_FI_DEV_ECC_SBE_VOL_TOTAL: "corrected memory errors (ECC), since driver start",
  DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: "uncorrected memory errors (ECC), since driver start",
  DCGM_FI_DEV_ECC_SBE_AGG_TOTAL: "corrected memory errors (ECC), lifetime",
  DCGM_FI_DEV_ECC_DBE_AGG_TOTAL: "uncorrected memory errors (ECC), lifetime",
  DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS: "rows remapped for corrected errors",
  DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: "rows remapped for uncorrected errors",
  DCGM_FI_DEV_ROW_REMAP_FAILURE: "row remapping failed",
  DCGM_FI_DEV_ROW_REMAP_PENDING: "row remapping waits for a reset",
  DCGM_FI_DEV_RETIRED_SBE: "pages retired for corrected errors",
  DCGM_FI_DEV_RETIRED_DBE: "pages retired for uncorrected errors",
  DCGM_FI_DEV_RETIRED_PENDING: "pages waiting for retirement",
  DCGM_FI_DEV_PCIE_REPLAY_COUNTER: "PCIe replays",
  DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL: "NVLink flow-control CRC errors",
  DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL: "NVLink data CRC errors",
  DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL: "NVLink replays",
  DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL: "NVLink recoveries",
};

/** Not drawn as lines: decoded into words elsewhere on the page. */
export const DECODED_METRICS: ReadonlySet<string> = new Set([
  "DCGM_FI_DEV_CLOCKS_EVENT_REASONS",
  "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS",
  "nvidia_smi_clocks_event_reasons_active",
  "nvidia_smi_clocks_throttle_reasons_active",
  "DCGM_FI_DEV_XID_ERRORS",
  "dcgm_xid_errors",
]);

const UTILISATION = ["DCGM_FI_DEV_GPU_UTIL", "dcgm_gpu_utilization", "nvidia_smi_utilization_gpu_ratio"];

/** The charts of a node: one line a GPU. The first source that any GPU of the node has is taken for all. */
export const NODE_CHARTS: readonly ChartSpec[] = CHARTS.flatMap((chart) => {
  const first = (metrics: readonly string[]) => chart.lines.filter((line) => metrics.includes(line.metric));
  switch (chart.id) {
    case "utilisation":
      return [{ ...chart, lines: [...first(UTILISATION), level("DCGM_FI_PROF_GR_ENGINE_ACTIVE", "engine", 100)] }];
    case "memory":
      return [{ ...chart, title: "Memory used", lines: chart.lines.filter((line) => line.name === "used") }];
    case "temperature":
      return [{ ...chart, lines: chart.lines.filter((line) => line.name === "GPU") }];
    case "power":
      return [{ ...chart, lines: chart.lines.filter((line) => line.name === "power") }];
    case "clocks":
      return [{ ...chart, lines: chart.lines.filter((line) => line.name === "SM") }];
    case "units":
      return [{ ...chart, title: "SM active", lines: first(["DCGM_FI_PROF_SM_ACTIVE"]) }];
    case "nvlink":
    case "pcie":
      return [{ ...chart, lines: chart.lines.filter((line) => line.name !== "sent") }];
    default:
      return [];
  }
});

export function isCounter(line: LineSpec, type: string): boolean {
  return line.behaviour === "counter" || (line.behaviour === "byType" && type === "counter");
}
