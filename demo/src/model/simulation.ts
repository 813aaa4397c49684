/**
 * The state of every GPU, moved forward tick by tick. The same seed, faults and ticks give the same values, bit for
 * bit, on any run: time and randomness come in as arguments only.
 */
import { ServingFleet, type ServingState } from "../serving/served-models.ts";
import type { Board } from "./board.ts";
import * as physics from "./board.ts";
import type { Cluster } from "./cluster.ts";
import { type CounterState, Counters } from "./counters.ts";
import { FaultBook } from "./fault-book.ts";
import { type GpuEffect, type JobEffect, NO_EFFECT, type PlantedFault } from "./faults.ts";
import { type Load, NO_LOAD, servingLoad, type TrainingPhase, trainingLoad } from "./load.ts";
import { smoothNoise, streamOf, uniform } from "./noise.ts";
import { type Columns, makeColumns } from "./readings.ts";

/** Everything that is not a function of time: what a later run needs to go on from here. */
export type Snapshot = {
  readonly timeMs: number;
  readonly heat: readonly number[];
  readonly counters: CounterState;
  /** Absent in what an earlier version wrote: its model servers begin anew. */
  readonly serving?: ServingState | undefined;
};

/** GPUs that work in step, and what is asked of each. */
type StepGroup = {
  readonly workload: string;
  readonly gpus: readonly number[];
  /** By GPU's place in `gpus`: its pipeline stage. */
  readonly stageOf: (place: number) => number;
  readonly clockBound: number;
  readonly framebufferMiB: number;
  readonly inUse: boolean;
  /** `traffic`: so many times as many requests as usual. */
  readonly load: (timeMs: number, planted: TrainingPhase | undefined, traffic: number) => Load;
};

const DAY_MS = 86_400_000;
/** Of a step: in transfers between nodes, and inside of them. */
const NETWORK_SHARE = 0.07;
const NVLINK_SHARE = 0.03;
/** Of the replicas in a step, the one with the most work has so many standard deviations more than the mean. */
const LONGEST_OF_REPLICAS = 1.5;
/** What a foreign process takes of a GPU: memory traffic as a share, memory. */
const FOREIGN_DRAM = 0.24;
const FOREIGN_MIB = 5120;

export class Simulation {
  readonly cluster: Cluster;
  /** Values at `timeMs`; overwritten by the next step. */
  readonly columns: Columns;
  /** Replicas of served models, as of `timeMs`. */
  readonly serving: ServingFleet;
  readonly #seed: number;
  readonly #boards: readonly Board[];
  readonly #groups: readonly StepGroup[];
  readonly #heat: Float64Array;
  readonly #counters: Counters;
  /** Share of the full clock, and how much longer the GPU's own work takes for it. */
  readonly #clock: Float64Array;
  readonly #stretch: Float64Array;
  /** Speed of each GPU's group at the last tick, 1 where nothing holds it up. */
  readonly #pace: Float64Array;
  readonly #nodeOf: readonly number[];
  readonly #air: Float64Array;
  readonly #book: FaultBook;
  /** What is planted on each GPU, as of the last tick. */
  readonly #effects: Readonly<GpuEffect>[];
  #timeMs: number;

  /** Starts at `from`: a moment, with all GPUs at rest temperature of their load, or where an earlier run stood. */
  constructor(cluster: Cluster, seed: number, faults: readonly PlantedFault[], from: number | Snapshot) {
    const gpus = cluster.gpus.length;
    this.cluster = cluster;
    this.columns = makeColumns(gpus);
    this.#seed = seed;
    this.#boards = cluster.gpus.map((gpu) => physics.makeBoard(seed, gpu.index, gpu.gpu));
    this.#groups = stepGroups(cluster, seed);
    this.#clock = new Float64Array(gpus).fill(1);
    this.#stretch = new Float64Array(gpus).fill(1);
    this.#pace = new Float64Array(gpus).fill(1);
    this.#nodeOf = cluster.nodes.flatMap((node, n) => node.gpus.map(() => n));
    this.#air = new Float64Array(cluster.nodes.length);
    this.#book = new FaultBook(cluster, faults);
    this.#effects = cluster.gpus.map(() => NO_EFFECT);
    const fresh = typeof from === "number";
    this.#timeMs = fresh ? from : from.timeMs;
    this.#heat = fresh ? new Float64Array(gpus).fill(35) : Float64Array.from(from.heat);
    this.#counters = new Counters(seed, gpus, fresh ? undefined : from.counters);
    this.serving = new ServingFleet(cluster, seed, fresh ? undefined : from.serving);
    this.#observe(fresh ? 3600 : 0, this.#timeMs, 0);
  }

  get timeMs(): number {
    return this.#timeMs;
  }

  /** Adds a fault; it acts from the next step on. Throws for a GPU or a job that the cluster does not have. */
  plant(fault: PlantedFault): void {
    this.#book.plant(fault);
  }

  /** One tick to `toMs`, of any length. Throws where that is not later. */
  step(toMs: number): void {
    if (!(toMs > this.#timeMs)) throw new Error(`step to ${toMs} from ${this.#timeMs}: time only goes forward`);
    const seconds = (toMs - this.#timeMs) / 1000;
    const fromMs = this.#timeMs;
    this.#timeMs = toMs;
    this.#observe(seconds, fromMs, seconds);
  }

  snapshot(): Snapshot {
    const { timeMs } = this;
    return { timeMs, heat: Array.from(this.#heat), counters: this.#counters.state(), serving: this.serving.state };
  }

  /** Lets heat run for `heatSeconds`, reads every GPU at the present time, and counts `seconds` onto the counters. */
  #observe(heatSeconds: number, fromMs: number, seconds: number): void {
    const { cluster, columns } = this;
    for (let n = 0; n < cluster.nodes.length; n++) this.#air[n] = this.#airC(n);
    for (const group of this.#groups) {
      const ofJob = this.#book.effectOnJob(group.workload, this.#timeMs);
      const { traffic } = this.#book.effectOnModel(group.workload, this.#timeMs);
      const load = group.load(this.#timeMs, ofJob.phase, traffic);
      for (const gpu of group.gpus) this.#effects[gpu] = this.#book.effectOn(gpu, this.#timeMs);
      const pace = this.#settleClocks(group, load, ofJob, heatSeconds);
      for (const gpu of group.gpus) {
        this.#pace[gpu] = pace;
        this.#read(gpu, group, load, pace);
      }
    }
    this.#counters.advance(columns, this.#effects, fromMs, this.#timeMs, seconds);
    this.#counters.write(columns);
    this.serving.advance(this.#timeMs, seconds, this.#book, this.#pace);
  }

  /** Inlet temperature of a node: its place in the room, the day, a little unrest. */
  #airC(node: number): number {
    const day = Math.cos((2 * Math.PI * (this.#timeMs - 15 * 3_600_000)) / DAY_MS);
    return (
      23 +
      3 * uniform(this.#seed, 77, node) +
      0.8 * day +
      0.4 * smoothNoise(this.#seed, 78 + node, this.#timeMs, 600_000)
    );
  }

  /** Heat, then clock of each GPU of the group; gives the pace of all: that of the one whose work takes longest. */
  #settleClocks(group: StepGroup, load: Load, ofJob: JobEffect, heatSeconds: number): number {
    let slowest = 1;
    let network = 1;
    let nvlink = 1;
    let stopped = false;
    for (const [place, gpu] of group.gpus.entries()) {
      const board = this.#boards[gpu]!;
      const effect = this.#effects[gpu]!;
      const air = this.#air[this.#nodeOf[gpu]!]!;
      const lost = this.#book.coolingLost(gpu, this.#timeMs);
      const fullW = physics.powerW(board, load, 1, 1, group.inUse);
      // At the clock that heat and power limit have no part in: those follow from it.
      const asked = physics.powerW(board, load, this.#activity(gpu), effect.clock, group.inUse);
      const demandW = Math.min(physics.POWER_LIMIT_W, asked);
      const heat = physics.nextHeat(board, this.#heat[gpu]!, air, demandW, lost, heatSeconds);
      const thermal = physics.thermalClock(board, heat, air, fullW, lost, group.inUse);
      const capped = physics.clockForPower(board, physics.POWER_LIMIT_W, fullW, group.inUse);
      const clock = Math.min(thermal, capped, effect.clock);
      this.#heat[gpu] = heat;
      this.#clock[gpu] = clock;
      const more = effect.work * (ofJob.stages.get(group.stageOf(place)) ?? 1);
      this.#stretch[gpu] = (1 - group.clockBound + group.clockBound / clock) * more;
      slowest = Math.max(slowest, this.#stretch[gpu]! + effect.stall);
      network = Math.max(network, effect.nic);
      nvlink = Math.max(nvlink, effect.nvlink);
      stopped ||= effect.stopped !== undefined;
    }
    if (stopped) return 0;
    const transfers = (network - 1) * NETWORK_SHARE + (nvlink - 1) * NVLINK_SHARE;
    return 1 / (slowest * (1 + LONGEST_OF_REPLICAS * ofJob.sequenceCv) + transfers);
  }

  /** Share of its usual activity: a GPU that waits for a slower one does less, the slow one is never idle. */
  #activity(gpu: number): number {
    return Math.min(1, this.#pace[gpu]! * this.#stretch[gpu]!);
  }

  /** Share of the time in which a kernel is resident, waiting in NCCL counted: not while its host is late, or has stopped. */
  #resident(gpu: number, pace: number): number {
    const { stall, stopped } = this.#effects[gpu]!;
    return stopped === undefined ? 1 - pace * stall : 0;
  }

  #read(gpu: number, group: StepGroup, load: Load, pace: number): void {
    const { columns } = this;
    const board = this.#boards[gpu]!;
    const clock = this.#clock[gpu]!;
    const unrest = 1 + 0.012 * smoothNoise(this.#seed, 5000 + gpu, this.#timeMs, 45_000);
    const activity = this.#activity(gpu) * unrest;
    const power = Math.min(physics.POWER_LIMIT_W, physics.powerW(board, load, activity, clock, group.inUse));
    const temperature = physics.temperatureC(this.#heat[gpu]!);
    const jitter = clock < 1 ? 0.012 * smoothNoise(this.#seed, 9000 + gpu, this.#timeMs, 20_000) : 0;
    const atWork = group.inUse && this.#effects[gpu]!.stopped !== "xid-79";
    const mhz = atWork ? Math.min(1, clock + jitter) * physics.SM_CLOCK_MHZ : physics.IDLE_SM_CLOCK_MHZ;
    // NCCL's kernels hold a few multiprocessors while they wait.
    const effect = this.#effects[gpu]!;
    const resident = this.#resident(gpu, pace);
    const waiting = (resident - activity) * 0.1 * load.busy;
    const sm = Math.min(1, load.sm * activity + Math.max(0, waiting));
    // Another's kernels take turns with its own, and read memory where those multiply.
    const tensor = effect.neighbour ? Math.min(activity, pace) : activity;
    const foreignDram = effect.neighbour ? FOREIGN_DRAM : 0;
    columns.DCGM_FI_DEV_SM_CLOCK[gpu] = Math.round(mhz / 15) * 15;
    columns.DCGM_FI_DEV_MEM_CLOCK[gpu] = physics.MEM_CLOCK_MHZ;
    columns.DCGM_FI_DEV_CLOCKS_EVENT_REASONS[gpu] = this.#reasons(gpu, group.inUse, clock, temperature, pace);
    columns.DCGM_FI_DEV_GPU_TEMP[gpu] = temperature;
    columns.DCGM_FI_DEV_MEMORY_TEMP[gpu] = temperature + 2 + board.memoryAbove * load.dram * activity;
    columns.DCGM_FI_DEV_POWER_USAGE[gpu] = power;
    columns.DCGM_FI_DEV_XID_ERRORS[gpu] = effect.stopped === "xid-79" ? 79 : 0;
    columns.DCGM_FI_DEV_PCIE_LINK_GEN[gpu] = 5;
    columns.DCGM_FI_DEV_PCIE_LINK_WIDTH[gpu] = 16;
    columns.DCGM_FI_DEV_GPU_UTIL[gpu] = 100 * load.busy * resident;
    columns.DCGM_FI_DEV_MEM_COPY_UTIL[gpu] = Math.min(100, 82 * (load.dram * activity + foreignDram));
    columns.DCGM_FI_DEV_FB_TOTAL[gpu] = physics.FB_TOTAL_MIB;
    columns.DCGM_FI_DEV_FB_RESERVED[gpu] = physics.FB_RESERVED_MIB;
    const foreignMiB = effect.neighbour ? FOREIGN_MIB : 0;
    const used = foreignMiB + group.framebufferMiB + (group.inUse ? Math.floor(300 * uniform(this.#seed, 79, gpu)) : 0);
    columns.DCGM_FI_DEV_FB_USED[gpu] = used;
    columns.DCGM_FI_DEV_FB_FREE[gpu] = physics.FB_TOTAL_MIB - physics.FB_RESERVED_MIB - used;
    columns.DCGM_FI_PROF_GR_ENGINE_ACTIVE[gpu] = Math.min(1, load.busy * 0.997 * resident);
    columns.DCGM_FI_PROF_SM_ACTIVE[gpu] = sm;
    columns.DCGM_FI_PROF_SM_OCCUPANCY[gpu] = sm * 0.31;
    columns.DCGM_FI_PROF_PIPE_TENSOR_ACTIVE[gpu] = Math.min(1, load.tensor * tensor);
    columns.DCGM_FI_PROF_DRAM_ACTIVE[gpu] = Math.min(1, load.dram * activity + foreignDram);
    columns.DCGM_FI_PROF_PIPE_FP32_ACTIVE[gpu] = load.fp32 * activity;
    columns.DCGM_FI_PROF_PIPE_FP16_ACTIVE[gpu] = load.fp16 * activity;
    columns.DCGM_FI_PROF_PCIE_TX_BYTES[gpu] = load.pcieTx * pace * unrest;
    columns.DCGM_FI_PROF_PCIE_RX_BYTES[gpu] = load.pcieRx * pace * unrest;
    columns.DCGM_FI_PROF_NVLINK_TX_BYTES[gpu] = load.nvlink * pace * unrest;
    columns.DCGM_FI_PROF_NVLINK_RX_BYTES[gpu] = load.nvlink * pace * (2 - unrest);
  }

  #reasons(gpu: number, inUse: boolean, clock: number, temperature: number, pace: number): number {
    if (!inUse) return physics.REASON_IDLE;
    const { stall, stopped, clock: braked } = this.#effects[gpu]!;
    if (stopped !== undefined) return physics.REASON_IDLE;
    // The mask is that of a moment: idle as often as the GPU is.
    const idle = uniform(this.#seed, 10_000 + gpu, Math.floor(this.#timeMs / 1000)) < stall * pace;
    if (idle) return physics.REASON_IDLE;
    if (clock >= 1) return 0;
    if (clock >= braked) return physics.REASON_POWER_BRAKE | physics.REASON_HW_SLOWDOWN;
    if (temperature >= physics.HARDWARE_SLOWDOWN_C) {
      return physics.REASON_SW_THERMAL | physics.REASON_HW_THERMAL | physics.REASON_HW_SLOWDOWN;
    }
    return temperature > physics.SLOWDOWN_C ? physics.REASON_SW_THERMAL : physics.REASON_POWER_CAP;
  }
}

function stepGroups(cluster: Cluster, seed: number): StepGroup[] {
  const groups = cluster.workloads.flatMap((workload) => {
    const { profile, pipelineParallel = 1 } = workload.layout;
    const stream = streamOf(workload.name);
    return workload.stepGroups.map((gpus, replica): StepGroup => {
      const load =
        profile.kind === "training"
          ? (timeMs: number, planted?: TrainingPhase) => trainingLoad(profile, seed, stream, timeMs, planted)
          : (timeMs: number, _: TrainingPhase | undefined, traffic: number) =>
              servingLoad(profile, seed, stream, replica, timeMs, traffic);
      const { clockBound, framebufferMiB } = profile;
      // Whole stages follow each other in rank order.
      const stageOf = (place: number) => Math.floor((place * pipelineParallel) / gpus.length);
      return { workload: workload.name, gpus, stageOf, clockBound, framebufferMiB, inUse: true, load };
    });
  });
  const gpus = cluster.gpus.filter((gpu) => gpu.use === undefined).map((gpu) => gpu.index);
  const load = () => NO_LOAD;
  return [...groups, { workload: "", gpus, stageOf: () => 0, clockBound: 0, framebufferMiB: 4, inUse: false, load }];
}
