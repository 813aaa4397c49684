import { describe, expect, test } from "vitest";
import { readCounters } from "../exporter/counters-csv.ts";
import { TINY } from "../testdata/tiny-layout.ts";
import { describeCluster } from "./cluster.ts";
import type { PlantedFault } from "./faults.ts";
import { DEFAULT_LAYOUT } from "./layout.ts";
import { LiveSimulation } from "./live.ts";
import { FIELDS } from "./readings.ts";
import { Simulation } from "./simulation.ts";

const SEED = 11;
const START = Date.UTC(2026, 10, 18, 9);
const cluster = describeCluster(TINY);
const counterFields = readCounters()
  .counters.filter(({ type }) => type === "counter")
  .map(({ field }) => field);

const throttle: PlantedFault = {
  kind: "thermal-throttle",
  source: "test[0]",
  node: "node-01",
  gpu: 1,
  startMs: START + 600_000,
  endMs: START + 1_800_000,
  coolingLost: 0.7,
  rampMs: 60_000,
  truth: "GPU 1 of node-01",
};

function run(simulation: Simulation, untilMs: number, stepMs = 15_000) {
  while (simulation.timeMs < untilMs) simulation.step(simulation.timeMs + stepMs);
  return Object.fromEntries(FIELDS.map((field) => [field, Array.from(simulation.columns[field])]));
}

describe("Simulation", () => {
  test("the same seed gives the same values, another seed others", () => {
    const once = run(new Simulation(cluster, SEED, [throttle], START), START + 900_000);
    expect(run(new Simulation(cluster, SEED, [throttle], START), START + 900_000)).toEqual(once);
    const other = run(new Simulation(cluster, SEED + 1, [throttle], START), START + 900_000);
    expect(other["DCGM_FI_DEV_POWER_USAGE"]).not.toEqual(once["DCGM_FI_DEV_POWER_USAGE"]);
  });

  test("goes on from a snapshot that went through JSON as if it had never stopped", () => {
    const whole = new Simulation(cluster, SEED, [throttle], START);
    run(whole, START + 900_000);
    const resumed = new Simulation(cluster, SEED, [throttle], JSON.parse(JSON.stringify(whole.snapshot())));
    expect(run(resumed, START + 900_000)).toEqual(run(whole, START + 900_000));
    expect(run(resumed, START + 2_400_000)).toEqual(run(whole, START + 2_400_000));
  });

  test("energy in mJ is the integral of power", () => {
    const simulation = new Simulation(cluster, SEED, [throttle], START);
    const energy = simulation.columns.DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION;
    const power = simulation.columns.DCGM_FI_DEV_POWER_USAGE;
    const began = Array.from(energy);
    const joules = began.map(() => 0);
    for (let tick = 0; tick < 200; tick++) {
      const seconds = tick < 100 ? 15 : 300;
      const before = Array.from(power);
      simulation.step(simulation.timeMs + seconds * 1000);
      before.forEach((watts, gpu) => {
        joules[gpu]! += ((watts + power[gpu]!) / 2) * seconds;
      });
    }
    joules.forEach((sum, gpu) => {
      expect((energy[gpu]! - began[gpu]!) / 1000 / sum).toBeCloseTo(1, 9);
    });
  });

  test("counters never fall, over 5-minute steps, 15-second steps and live moments between", () => {
    const simulation = new Simulation(describeCluster(DEFAULT_LAYOUT), SEED, [], START);
    const last = counterFields.map((field) => Array.from(simulation.columns[field]));
    const check = (columns: Simulation["columns"]) => {
      counterFields.forEach((field, f) => {
        columns[field].forEach((value, gpu) => {
          if (value < last[f]![gpu]!) throw new Error(`${field} of GPU ${gpu} fell from ${last[f]![gpu]} to ${value}`);
          last[f]![gpu] = value;
        });
      });
    };
    for (const [steps, seconds] of [
      [300, 300],
      [300, 15],
    ] as const) {
      for (let i = 0; i < steps; i++) {
        simulation.step(simulation.timeMs + seconds * 1000);
        check(simulation.columns);
      }
    }
    const fromMs = simulation.timeMs;
    const live = new LiveSimulation(simulation, () => {});
    for (let atMs = fromMs; atMs < fromMs + 120_000; atMs += 2300) check(live.at(atMs));
  });

  test("every reading of eight days is finite, and within what the part can do", () => {
    const simulation = new Simulation(describeCluster(DEFAULT_LAYOUT), SEED, [], START);
    const bounds: [keyof Simulation["columns"], number, number][] = [
      ["DCGM_FI_DEV_GPU_TEMP", 20, 90],
      ["DCGM_FI_DEV_POWER_USAGE", 60, 700],
      ["DCGM_FI_DEV_SM_CLOCK", 345, 1980],
      ["DCGM_FI_DEV_GPU_UTIL", 0, 100],
      ["DCGM_FI_DEV_FB_FREE", 0, 81_559],
      ["DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", 0, 1],
      ["DCGM_FI_PROF_SM_ACTIVE", 0, 1],
    ];
    for (let i = 0; i < 8 * 24 * 4; i++) {
      simulation.step(simulation.timeMs + 900_000);
      for (const field of FIELDS)
        expect(simulation.columns[field].every((value) => value >= 0 && value < 1e17)).toBe(true);
      for (const [field, least, most] of bounds) {
        expect(
          simulation.columns[field].every((value) => value >= least && value <= most),
          field,
        ).toBe(true);
      }
    }
  });

  test("time does not stand still or go back", () => {
    const simulation = new Simulation(cluster, SEED, [], START);
    expect(() => simulation.step(START)).toThrow(/time only goes forward/);
  });

  test("a fault on a GPU that is not there is refused", () => {
    const elsewhere = { ...throttle, node: "node-77" };
    expect(() => new Simulation(cluster, SEED, [elsewhere], START)).toThrow(/no GPU 1 on node-77/);
  });
});

describe("thermal throttle", () => {
  const moments = [START + 540_000, START + 1_500_000, START + 2_700_000] as const;
  const simulation = new Simulation(cluster, SEED, [throttle], START);
  const [before, during, after] = moments.map((moment) => run(simulation, moment)) as [
    ReturnType<typeof run>,
    ReturnType<typeof run>,
    ReturnType<typeof run>,
  ];
  const of = (values: ReturnType<typeof run>, name: string, gpu: number) => values[`DCGM_FI_${name}`]![gpu]!;

  test("the GPU is hot, slow and says why, and stays busy", () => {
    expect(of(during, "DEV_GPU_TEMP", 1)).toBeGreaterThan(85);
    expect(of(during, "DEV_GPU_TEMP", 1)).toBeLessThan(90);
    expect(of(during, "DEV_SM_CLOCK", 1)).toBeLessThan(0.8 * 1980);
    expect(of(during, "DEV_CLOCKS_EVENT_REASONS", 1) & 0x60).toBe(0x60);
    expect(of(during, "DEV_POWER_USAGE", 1)).toBeLessThan(0.75 * of(before, "DEV_POWER_USAGE", 1));
    expect(of(during, "DEV_GPU_UTIL", 1)).toBeGreaterThan(98);
  });

  test("all of the time in which heat holds it down counts as violation", () => {
    const growth = new Simulation(cluster, SEED, [throttle], START);
    const at = (ms: number) => run(growth, START + ms)["DCGM_FI_DEV_THERMAL_VIOLATION"]!;
    const throttled = at(900_000);
    const later = at(1_500_000);
    expect((later[1]! - throttled[1]!) / 600e9).toBeCloseTo(1, 9);
    expect(later[0]! - throttled[0]!).toBe(0);
  });

  test("its peers wait for it: less activity and power, clocks and utilisation as ever", () => {
    for (const peer of [0, 2]) {
      expect(of(during, "PROF_PIPE_TENSOR_ACTIVE", peer)).toBeLessThan(
        0.9 * of(before, "PROF_PIPE_TENSOR_ACTIVE", peer),
      );
      expect(of(during, "PROF_SM_ACTIVE", peer)).toBeLessThan(0.95 * of(before, "PROF_SM_ACTIVE", peer));
      expect(of(during, "DEV_POWER_USAGE", peer)).toBeLessThan(of(before, "DEV_POWER_USAGE", peer));
      expect(of(during, "DEV_SM_CLOCK", peer)).toBe(1980);
      expect(of(during, "DEV_GPU_UTIL", peer)).toBeGreaterThan(98);
      expect(of(during, "DEV_CLOCKS_EVENT_REASONS", peer)).toBe(0);
    }
    expect(of(during, "PROF_PIPE_TENSOR_ACTIVE", 1)).toBeGreaterThan(of(during, "PROF_PIPE_TENSOR_ACTIVE", 0) * 1.1);
  });

  test("others are not touched", () => {
    const healthy = run(new Simulation(cluster, SEED, [], START), moments[1]);
    for (const field of FIELDS) expect(during[field]!.slice(3), field).toEqual(healthy[field]!.slice(3));
  });

  test("it ends", () => {
    expect(of(after, "DEV_GPU_TEMP", 1)).toBeLessThan(70);
    expect(of(after, "DEV_SM_CLOCK", 1)).toBe(1980);
    expect(of(after, "DEV_CLOCKS_EVENT_REASONS", 1)).toBe(0);
  });
});

describe("the other faults", () => {
  const place = {
    source: "test[0]",
    node: "node-01",
    gpu: 1,
    truth: "",
    startMs: START + 600_000,
    endMs: START + 1_800_000,
  };
  const moment = START + 1_500_000;
  const healthy = run(new Simulation(cluster, SEED, [], START), moment);
  const withFault = (fault: PlantedFault) => run(new Simulation(cluster, SEED, [fault], START), moment);
  const of = (values: ReturnType<typeof run>, name: string, gpu: number) => values[`DCGM_FI_${name}`]![gpu]!;

  test("power brake: a low clock that says why, power violation all of the time, peers that wait", () => {
    const values = withFault({ ...place, kind: "power-brake", clock: 0.6 });
    expect(of(values, "DEV_SM_CLOCK", 1)).toBeLessThan(0.65 * 1980);
    expect(of(values, "DEV_CLOCKS_EVENT_REASONS", 1)).toBe(0x88);
    const grown = of(values, "DEV_POWER_VIOLATION", 1) - of(healthy, "DEV_POWER_VIOLATION", 1);
    expect(grown / 900e9).toBeGreaterThan(0.95);
    expect(of(values, "PROF_SM_ACTIVE", 0)).toBeLessThan(0.95 * of(healthy, "PROF_SM_ACTIVE", 0));
    expect(of(values, "DEV_GPU_TEMP", 1)).toBeLessThan(of(healthy, "DEV_GPU_TEMP", 1));
  });

  test("data loader: the GPU is idle at times while its peers, who wait in NCCL, are seen as active", () => {
    const simulation = new Simulation(cluster, SEED, [{ ...place, kind: "data-loader-stall", share: 0.4 }], START);
    run(simulation, START + 660_000);
    let idle = 0;
    for (let tick = 0; tick < 70; tick++) {
      simulation.step(simulation.timeMs + 15_000);
      idle += simulation.columns.DCGM_FI_DEV_CLOCKS_EVENT_REASONS[1]! & 1;
    }
    expect(idle / 70).toBeGreaterThan(0.15);
    expect(idle / 70).toBeLessThan(0.45);
    const { DCGM_FI_PROF_GR_ENGINE_ACTIVE: active, DCGM_FI_DEV_SM_CLOCK: clock } = simulation.columns;
    expect(active[1]).toBeLessThan(0.8);
    expect(active[0]).toBeGreaterThan(0.98);
    expect(clock[1]).toBe(1980);
  });

  test("noisy neighbour: memory busier and tensor cores idler than its peers', at the full clock", () => {
    const values = withFault({ ...place, kind: "noisy-neighbour", factor: 1.4 });
    expect(of(values, "PROF_DRAM_ACTIVE", 1) - of(values, "PROF_DRAM_ACTIVE", 0)).toBeGreaterThan(0.05);
    expect(of(values, "PROF_PIPE_TENSOR_ACTIVE", 1)).toBeLessThan(0.8 * of(healthy, "PROF_PIPE_TENSOR_ACTIVE", 1));
    expect(of(values, "DEV_FB_USED", 1)).toBeGreaterThan(of(healthy, "DEV_FB_USED", 1) + 4000);
  });

  test("slow NVLink: its error counters rise, nothing else of the GPU changes but its pace", () => {
    const values = withFault({ ...place, kind: "slow-nvlink", factor: 3 });
    for (const name of ["NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL", "NVLINK_REPLAY_ERROR_COUNT_TOTAL"]) {
      expect(of(values, `DEV_${name}`, 1) - of(healthy, `DEV_${name}`, 1)).toBeGreaterThan(1000);
      expect(of(values, `DEV_${name}`, 0)).toBe(of(healthy, `DEV_${name}`, 0));
    }
    expect(of(values, "DEV_SM_CLOCK", 1)).toBe(1980);
  });

  test.each(["hang", "xid-79"] as const)(
    "%s: the others stay resident in a kernel that does nothing, the culprit is idle",
    (kind) => {
      const values = withFault({ ...place, kind });
      expect(of(values, "DEV_XID_ERRORS", 1)).toBe(kind === "hang" ? 0 : 79);
      expect(of(values, "DEV_GPU_UTIL", 1)).toBe(0);
      expect(of(values, "DEV_GPU_UTIL", 0)).toBeGreaterThan(98);
      expect(of(values, "PROF_PIPE_TENSOR_ACTIVE", 0)).toBe(0);
      expect(of(values, "DEV_POWER_USAGE", 0)).toBeLessThan(200);
    },
  );

  test("a hot GPU is warmer and keeps its clock", () => {
    const values = withFault({ ...place, kind: "hot-gpu", coolingLost: 0.3, rampMs: 60_000 });
    expect(of(values, "DEV_GPU_TEMP", 1)).toBeGreaterThan(of(healthy, "DEV_GPU_TEMP", 1) + 8);
    expect(of(values, "DEV_GPU_TEMP", 1)).toBeLessThan(85);
    expect(of(values, "DEV_SM_CLOCK", 1)).toBe(1980);
    expect(of(values, "DEV_CLOCKS_EVENT_REASONS", 1)).toBe(0);
  });

  test("a job's pause: all of its GPUs stop computing", () => {
    const values = withFault({
      source: "t[0]",
      truth: "",
      startMs: place.startMs,
      endMs: place.endMs,
      kind: "checkpoint-pause",
      job: "job",
    });
    for (const gpu of [0, 1, 2]) expect(of(values, "PROF_PIPE_TENSOR_ACTIVE", gpu)).toBe(0);
  });
});

describe("LiveSimulation", () => {
  test("what it shows depends on the moment only, and its ticks are not in the future", () => {
    const snapshots: number[] = [];
    const begin = () =>
      new LiveSimulation(new Simulation(cluster, SEED, [], START), ({ timeMs }) => snapshots.push(timeMs));
    const often = begin();
    for (let atMs = START; atMs < START + 61_000; atMs += 700) often.at(atMs);
    const moment = START + 64_321;
    const shown = Array.from(often.at(moment).DCGM_FI_DEV_POWER_USAGE);
    expect(Array.from(begin().at(moment).DCGM_FI_DEV_POWER_USAGE)).toEqual(shown);
    expect(Math.max(...snapshots)).toBe(START + 60_000);
  });
});

describe("describeCluster", () => {
  test("the default cluster: who uses what, in which groups", () => {
    const { gpus, workloads } = describeCluster(DEFAULT_LAYOUT);
    expect(gpus).toHaveLength(128);
    expect(new Set(gpus.map((gpu) => gpu.uuid)).size).toBe(128);
    const sizes = Object.fromEntries(workloads.map((workload) => [workload.name, workload.gpus.length]));
    expect(sizes).toEqual({
      "pretrain-a": 64,
      "finetune-b": 24,
      "chat-70b": 16,
      "chat-7b": 12,
      embed: 6,
      "fraud-score": 2,
    });
    expect(gpus.filter((gpu) => gpu.use === undefined)).toHaveLength(4);
    const chat = workloads.find((workload) => workload.name === "chat-70b");
    expect(chat?.tensorParallelGroups).toHaveLength(1);
    expect(new Set(chat?.gpus.map((index) => gpus[index]?.node))).toEqual(new Set(["node-12", "node-13"]));
  });

  test("two pods on one GPU are refused", () => {
    const twice = TINY.workloads[1]!;
    const workloads = [...TINY.workloads, { ...twice, name: "again" }];
    expect(() => describeCluster({ ...TINY, workloads })).toThrow(/not there or taken/);
  });
});
