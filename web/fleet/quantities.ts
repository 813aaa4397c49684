/**
 * What the pages call a quantity, and where it comes from: exporters and their versions name the same thing differently.
 * The first source with a live sample wins; `scale` brings it to the quantity's unit.
 */
import type { Unit } from "../format/unit.ts";

export type Quantity =
  | "utilisation"
  | "tensorActive"
  | "dramActive"
  | "temperature"
  | "memoryTemperature"
  | "power"
  | "smClock"
  | "memoryUsed"
  | "memoryFree"
  | "memoryReserved"
  | "clockReasons"
  | "xid";

export type Source = { readonly metric: string; readonly scale: number };

const MIB = 1024 ** 2;

function sources(scaled: Record<string, number>): readonly Source[] {
  return Object.entries(scaled).map(([metric, scale]) => ({ metric, scale }));
}

export const QUANTITY_SOURCES: Readonly<Record<Quantity, readonly Source[]>> = {
  // A MIG slice has no GPU_UTIL: the engine's activity stands in for it.
  utilisation: sources({
    DCGM_FI_DEV_GPU_UTIL: 1,
    dcgm_gpu_utilization: 1,
    nvidia_smi_utilization_gpu_ratio: 100,
    DCGM_FI_PROF_GR_ENGINE_ACTIVE: 100,
    gpu_usage: 1,
  }),
  tensorActive: sources({ DCGM_FI_PROF_PIPE_TENSOR_ACTIVE: 100 }),
  dramActive: sources({ DCGM_FI_PROF_DRAM_ACTIVE: 100 }),
  temperature: sources({ DCGM_FI_DEV_GPU_TEMP: 1, dcgm_gpu_temp: 1, nvidia_smi_temperature_gpu: 1 }),
  memoryTemperature: sources({ DCGM_FI_DEV_MEMORY_TEMP: 1, dcgm_memory_temp: 1, nvidia_smi_temperature_memory: 1 }),
  power: sources({
    DCGM_FI_DEV_POWER_USAGE: 1,
    dcgm_power_usage: 1,
    nvidia_smi_power_draw_watts: 1,
    nvidia_smi_power_draw_instant_watts: 1,
    gpu_power_usage: 1,
  }),
  smClock: sources({ DCGM_FI_DEV_SM_CLOCK: 1, dcgm_sm_clock: 1, nvidia_smi_clocks_current_sm_clock_hz: 1e-6 }),
  memoryUsed: sources({ DCGM_FI_DEV_FB_USED: MIB, dcgm_fb_used: MIB, nvidia_smi_memory_used_bytes: 1 }),
  memoryFree: sources({ DCGM_FI_DEV_FB_FREE: MIB, dcgm_fb_free: MIB, nvidia_smi_memory_free_bytes: 1 }),
  memoryReserved: sources({ DCGM_FI_DEV_FB_RESERVED: MIB, nvidia_smi_memory_reserved_bytes: 1 }),
  clockReasons: sources({
    DCGM_FI_DEV_CLOCKS_EVENT_REASONS: 1,
    DCGM_FI_DEV_CLOCK_THROTTLE_REASONS: 1,
    nvidia_smi_clocks_event_reasons_active: 1,
    nvidia_smi_clocks_throttle_reasons_active: 1,
  }),
  xid: sources({ DCGM_FI_DEV_XID_ERRORS: 1, dcgm_xid_errors: 1 }),
};

export const QUANTITIES = Object.keys(QUANTITY_SOURCES) as Quantity[];

/** Every metric the fleet page reads. */
export const FLEET_METRICS: readonly string[] = Object.values(QUANTITY_SOURCES).flatMap((list) =>
  list.map((source) => source.metric),
);

export function metricsOf(quantity: Quantity): string[] {
  return QUANTITY_SOURCES[quantity].map((source) => source.metric);
}

/** The five the heat map can show, with the key that chooses each. */
export const SHOWN = ["utilisation", "temperature", "power", "memory", "clock"] as const;
export type Shown = (typeof SHOWN)[number];

export type ShownSpec = {
  readonly title: string;
  readonly key: string;
  readonly unit: Unit;
  /** The colour scale's ends where they do not follow the data: colours should not change meaning from one look to the next. */
  readonly domain: readonly [number, number | null];
};

export const SHOWN_SPECS: Readonly<Record<Shown, ShownSpec>> = {
  utilisation: { title: "Utilisation", key: "u", unit: "percent", domain: [0, 100] },
  temperature: { title: "Temperature", key: "t", unit: "celsius", domain: [20, 95] },
  power: { title: "Power", key: "p", unit: "watts", domain: [0, null] },
  memory: { title: "Memory used", key: "m", unit: "percent", domain: [0, 100] },
  clock: { title: "SM clock", key: "c", unit: "megahertz", domain: [0, null] },
};
