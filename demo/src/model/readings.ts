/** Every DCGM field the simulation knows: one column of values (a number a GPU), and how the exporter prints it. */

export type Reading = {
  /** Decimals that carry information; the exporter prints doubles with six in any case. */
  readonly decimals: 0 | 3 | 6;
  readonly format: "int" | "double";
  /** Between two ticks of the simulation: held as a bit mask must be, or on a straight line. */
  readonly between: "held" | "line";
};

const INT: Reading = { decimals: 0, format: "int", between: "line" };
const HELD: Reading = { decimals: 0, format: "int", between: "held" };
const WATT: Reading = { decimals: 3, format: "double", between: "line" };
const SHARE: Reading = { decimals: 6, format: "double", between: "line" };

export const READINGS = {
  DCGM_FI_DEV_SM_CLOCK: INT,
  DCGM_FI_DEV_MEM_CLOCK: INT,
  DCGM_FI_DEV_CLOCKS_EVENT_REASONS: HELD,
  DCGM_FI_DEV_GPU_TEMP: INT,
  DCGM_FI_DEV_MEMORY_TEMP: INT,
  DCGM_FI_DEV_POWER_USAGE: WATT,
  DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION: INT,
  DCGM_FI_DEV_PCIE_REPLAY_COUNTER: HELD,
  DCGM_FI_DEV_PCIE_LINK_GEN: HELD,
  DCGM_FI_DEV_PCIE_LINK_WIDTH: HELD,
  DCGM_FI_DEV_GPU_UTIL: INT,
  DCGM_FI_DEV_MEM_COPY_UTIL: INT,
  DCGM_FI_DEV_ENC_UTIL: INT,
  DCGM_FI_DEV_DEC_UTIL: INT,
  DCGM_FI_DEV_XID_ERRORS: HELD,
  DCGM_FI_DEV_POWER_VIOLATION: INT,
  DCGM_FI_DEV_THERMAL_VIOLATION: INT,
  DCGM_FI_DEV_SYNC_BOOST_VIOLATION: INT,
  DCGM_FI_DEV_BOARD_LIMIT_VIOLATION: INT,
  DCGM_FI_DEV_LOW_UTIL_VIOLATION: INT,
  DCGM_FI_DEV_RELIABILITY_VIOLATION: INT,
  DCGM_FI_DEV_FB_TOTAL: HELD,
  DCGM_FI_DEV_FB_FREE: HELD,
  DCGM_FI_DEV_FB_USED: HELD,
  DCGM_FI_DEV_FB_RESERVED: HELD,
  DCGM_FI_DEV_ECC_SBE_VOL_TOTAL: HELD,
  DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: HELD,
  DCGM_FI_DEV_ECC_SBE_AGG_TOTAL: HELD,
  DCGM_FI_DEV_ECC_DBE_AGG_TOTAL: HELD,
  DCGM_FI_DEV_RETIRED_SBE: HELD,
  DCGM_FI_DEV_RETIRED_DBE: HELD,
  DCGM_FI_DEV_RETIRED_PENDING: HELD,
  DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: HELD,
  DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS: HELD,
  DCGM_FI_DEV_ROW_REMAP_FAILURE: HELD,
  DCGM_FI_DEV_ROW_REMAP_PENDING: HELD,
  DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL: INT,
  DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL: HELD,
  DCGM_FI_DEV_NVLINK_CRC_DATA_ERROR_COUNT_TOTAL: HELD,
  DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL: HELD,
  DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL: HELD,
  DCGM_FI_DEV_VGPU_LICENSE_STATUS: HELD,
  DCGM_FI_PROF_GR_ENGINE_ACTIVE: SHARE,
  DCGM_FI_PROF_SM_ACTIVE: SHARE,
  DCGM_FI_PROF_SM_OCCUPANCY: SHARE,
  DCGM_FI_PROF_PIPE_TENSOR_ACTIVE: SHARE,
  DCGM_FI_PROF_DRAM_ACTIVE: SHARE,
  DCGM_FI_PROF_PIPE_FP64_ACTIVE: SHARE,
  DCGM_FI_PROF_PIPE_FP32_ACTIVE: SHARE,
  DCGM_FI_PROF_PIPE_FP16_ACTIVE: SHARE,
  DCGM_FI_PROF_PCIE_TX_BYTES: INT,
  DCGM_FI_PROF_PCIE_RX_BYTES: INT,
  DCGM_FI_PROF_NVLINK_TX_BYTES: INT,
  DCGM_FI_PROF_NVLINK_RX_BYTES: INT,
} as const satisfies Record<string, Reading>;

export type Field = keyof typeof READINGS;

export const FIELDS = Object.keys(READINGS) as Field[];

export function isField(name: string): name is Field {
  return Object.hasOwn(READINGS, name);
}

/** The values of all GPUs at one moment, a column a field. */
export type Columns = Readonly<Record<Field, Float64Array>>;

export function makeColumns(gpus: number): Columns {
  return Object.fromEntries(FIELDS.map((field) => [field, new Float64Array(gpus)])) as Record<Field, Float64Array>;
}

const POWERS = { 0: 1, 3: 1e3, 6: 1e6 } as const;

/** The value as the whole number of its last decimal: page and back-fill round in this one place. */
export function mantissa(reading: Reading, value: number): number {
  return Math.round(value * POWERS[reading.decimals]);
}

/** As dcgm-exporter prints it: ints bare, doubles with six decimals. */
export function formatReading(reading: Reading, value: number): string {
  const scaled = mantissa(reading, value);
  if (reading.format === "int") return String(scaled);
  const power = POWERS[reading.decimals];
  const whole = Math.floor(scaled / power);
  const rest = String(scaled - whole * power).padStart(reading.decimals, "0");
  return `${whole}.${reading.decimals === 3 ? `${rest}000` : rest}`;
}
