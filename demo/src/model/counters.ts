/** The counters of every GPU. They only rise. */
import { REASON_HW_THERMAL, REASON_POWER_BRAKE, REASON_POWER_CAP, REASON_SW_THERMAL } from "./board.ts";
import type { GpuEffect } from "./faults.ts";
import { uniform } from "./noise.ts";
import type { Columns, Field } from "./readings.ts";

const HOUR_MS = 3_600_000;

/** Counters that rise by one in a given hour with a given chance, and what they stand at when the simulation begins. */
const RARE: readonly { readonly field: Field; readonly chance: number; readonly atStart: number }[] = [
  { field: "DCGM_FI_DEV_ECC_SBE_VOL_TOTAL", chance: 0.0015, atStart: 1.4 },
  { field: "DCGM_FI_DEV_PCIE_REPLAY_COUNTER", chance: 0.003, atStart: 2.2 },
  { field: "DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL", chance: 0.002, atStart: 1.6 },
  { field: "DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", chance: 0.00005, atStart: 1.06 },
];

/** Counters that grow with time spent. */
const SPENT: readonly Field[] = [
  "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
  "DCGM_FI_DEV_POWER_VIOLATION",
  "DCGM_FI_DEV_THERMAL_VIOLATION",
  "DCGM_FI_DEV_LOW_UTIL_VIOLATION",
  "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL",
];

/** Errors a second of the NVLinks of a GPU whose transfers over them are slow. */
const LINK_ERRORS: Readonly<Partial<Record<Field, number>>> = {
  DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL: 6.4,
  DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL: 2.7,
  DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL: 0.05,
};
const LINK_FIELDS = Object.keys(LINK_ERRORS) as Field[];

const KEPT: readonly Field[] = [...new Set([...SPENT, ...RARE.map(({ field }) => field), ...LINK_FIELDS])];

const THERMAL = REASON_SW_THERMAL | REASON_HW_THERMAL;
const POWER = REASON_POWER_CAP | REASON_POWER_BRAKE;

export type CounterState = Readonly<Record<string, readonly number[]>>;

export class Counters {
  readonly #seed: number;
  readonly #gpus: number;
  readonly #values: Readonly<Record<string, Float64Array>>;
  /** Errors over the life of the board, beyond those since the driver was loaded. */
  readonly #olderErrors: Float64Array;
  readonly #lastPower: Float64Array;
  readonly #lastNvlink: Float64Array;
  #begun = false;

  constructor(seed: number, gpus: number, state: CounterState | undefined) {
    this.#seed = seed;
    this.#gpus = gpus;
    const columns = KEPT.map((field, f) => {
      const kept = state?.[field];
      return [field, kept ? Float64Array.from(kept) : this.#atStart(field, f)] as const;
    });
    this.#values = Object.fromEntries(columns);
    this.#olderErrors = Float64Array.from({ length: gpus }, (_, gpu) => Math.floor(3 * uniform(seed, 2100, gpu) ** 4));
    this.#lastPower = new Float64Array(gpus);
    this.#lastNvlink = new Float64Array(gpus);
  }

  state(): CounterState {
    return Object.fromEntries(KEPT.map((field) => [field, Array.from(this.#values[field]!)]));
  }

  /** Counts the time from `fromMs` to `toMs`. Energy is the trapezoid of the power at its two ends. */
  advance(columns: Columns, effects: readonly GpuEffect[], fromMs: number, toMs: number, seconds: number) {
    const power = columns.DCGM_FI_DEV_POWER_USAGE;
    const nvlink = columns.DCGM_FI_PROF_NVLINK_TX_BYTES;
    if (this.#begun && seconds > 0) {
      const energy = this.#values["DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"]!;
      const traffic = this.#values["DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL"]!;
      const thermal = this.#values["DCGM_FI_DEV_THERMAL_VIOLATION"]!;
      const capped = this.#values["DCGM_FI_DEV_POWER_VIOLATION"]!;
      const idle = this.#values["DCGM_FI_DEV_LOW_UTIL_VIOLATION"]!;
      for (let gpu = 0; gpu < this.#gpus; gpu++) {
        energy[gpu]! += ((this.#lastPower[gpu]! + power[gpu]!) / 2) * seconds * 1000;
        traffic[gpu]! += ((this.#lastNvlink[gpu]! + nvlink[gpu]!) / 1048576) * seconds;
        // Time below full clocks counts whole, however far below they are.
        const reasons = columns.DCGM_FI_DEV_CLOCKS_EVENT_REASONS[gpu]!;
        if (reasons & THERMAL) thermal[gpu]! += seconds * 1e9;
        if (reasons & POWER) capped[gpu]! += seconds * 1e9;
        if (effects[gpu]!.nvlink > 1) this.#countLinkErrors(gpu, seconds);
        if (columns.DCGM_FI_DEV_GPU_UTIL[gpu] === 0) idle[gpu]! += seconds * 1e9;
      }
      this.#countRare(fromMs, toMs);
    }
    this.#begun = true;
    this.#lastPower.set(power);
    this.#lastNvlink.set(nvlink);
  }

  write(columns: Columns): void {
    for (const field of KEPT) columns[field].set(this.#values[field]!);
    const volatileErrors = columns.DCGM_FI_DEV_ECC_SBE_VOL_TOTAL;
    for (let gpu = 0; gpu < this.#gpus; gpu++) {
      columns.DCGM_FI_DEV_ECC_SBE_AGG_TOTAL[gpu] = volatileErrors[gpu]! + this.#olderErrors[gpu]!;
    }
  }

  #countLinkErrors(gpu: number, seconds: number): void {
    for (const field of LINK_FIELDS) this.#values[field]![gpu]! += LINK_ERRORS[field]! * seconds;
  }

  /** An event belongs to the end of its hour, so that ticks of any length count it once. */
  #countRare(fromMs: number, toMs: number): void {
    for (let hour = Math.floor(fromMs / HOUR_MS); hour < Math.floor(toMs / HOUR_MS); hour++) {
      RARE.forEach(({ field, chance }, f) => {
        const values = this.#values[field]!;
        for (let gpu = 0; gpu < this.#gpus; gpu++) {
          if (uniform(this.#seed, 3000 + f * 1000 + gpu, hour) < chance) values[gpu]! += 1;
        }
      });
    }
  }

  #atStart(field: Field, f: number): Float64Array {
    const rare = RARE.find((counter) => counter.field === field);
    return Float64Array.from({ length: this.#gpus }, (_, gpu) => {
      const draw = uniform(this.#seed, 2000 + f, gpu);
      if (rare !== undefined) return Math.floor(draw * rare.atStart);
      if (LINK_FIELDS.includes(field)) return 0;
      const upSeconds = (20 + 40 * uniform(this.#seed, 1999, 0)) * 86_400;
      if (field === "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION") return Math.floor(upSeconds * (330 + 120 * draw) * 1000);
      if (field === "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL") return Math.floor(upSeconds * 80_000 * draw);
      return Math.floor(upSeconds * 1e9 * 0.0004 * draw);
    });
  }
}
