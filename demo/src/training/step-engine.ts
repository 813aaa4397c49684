/**
 * Replays the steps of a training job. Every rank computes by itself and meets the others in its operations; an operation moves
 * data once its last member has entered, and all leave together. So a rank's duration is its wait plus the transfer, as NCCL's
 * kernels show it: who comes last has the shortest.
 */
import { uniform } from "../model/noise.ts";
import { rankAt, type TrainingJob } from "./job.ts";
import { type Instruction, pipelineSchedule } from "./schedule.ts";

export type CollectiveName = "AllReduce" | "ReduceScatter" | "AllGather" | "Send" | "Recv";

/** One operation as one rank saw it. Never entered or never left is Infinity. Microseconds of true time since 1970. */
export type RankOperation = {
  readonly rank: number;
  /** Index into the job's groups. */
  readonly group: number;
  readonly member: number;
  readonly collective: CollectiveName;
  readonly seq: number;
  /** Send and Recv: the other end's rank in the group. */
  readonly peer: number | undefined;
  readonly bytes: number;
  readonly startUs: number;
  readonly endUs: number;
};

/** What a step meets with, by job rank. */
export type Conditions = {
  /** How many times longer its own work takes. */
  readonly work: Float64Array;
  /** Waiting for data, as a share of the compute of a step. */
  readonly stall: Float64Array;
  /** Work before the first micro-batch, as a share of a forward pass. */
  readonly slack: Float64Array;
  /** How many times longer its transfers take between nodes, and inside of one. */
  readonly nic: Float64Array;
  readonly nvlink: Float64Array;
  /** 1: enters nothing any more. */
  readonly stopped: Uint8Array;
  /** Coefficient of variation of a replica's work in a step. */
  readonly sequenceCv: number;
};

/** Megatron's memory of a job of some billion parameters; only the order of magnitude matters. */
const BYTES = { tensor: 67_108_864, pipeline: 33_554_432, data: 805_306_368, world: 4 } as const;
/** Shares of a step, of operations and of what is not a pass. */
const SHARES = { reduceScatter: 0.04, allGather: 0.025, optimizer: 0.015, tensor: 0.0035, pipeline: 0.002 } as const;
const WORLD_US = 60;
/** Of a pass, of a transfer; between boards and between groups that are as they should be. */
const NOISE = { pass: 0.015, transfer: 0.03, board: 0.004, group: 0.01 } as const;

export class StepEngine {
  readonly job: TrainingJob;
  /** By rank: when it is done with what it did, true time. */
  readonly clock: Float64Array;
  readonly #seed: number;
  readonly #schedule: readonly Instruction[];
  readonly #forwardUs: number;
  readonly #stepUs: number;
  readonly #board: Float64Array;
  readonly #groupPace: Float64Array;
  /** Operations so far by group, collective, member and the other end. */
  readonly #seq = new Map<string, number>();
  readonly #sequence: Float64Array;
  #draws = 0;
  #conditions: Conditions | undefined;
  #operations: RankOperation[] = [];

  /** All ranks begin at `startMs`; another start draws other noise. */
  constructor(job: TrainingJob, seed: number, startMs: number) {
    const { microBatches, stepSeconds } = job.profile;
    this.job = job;
    this.clock = new Float64Array(job.gpus.length).fill(startMs * 1000);
    this.#seed = (seed ^ Math.floor(startMs / 1000)) >>> 0;
    this.#schedule = pipelineSchedule(job.pipeline, microBatches);
    this.#stepUs = stepSeconds * 1e6;
    // A forward is half of a backward; with the pipeline's fill and drain so many of both stand behind each other.
    const rest = SHARES.reduceScatter + SHARES.allGather + SHARES.optimizer + 4 * SHARES.tensor * microBatches;
    this.#forwardUs = (this.#stepUs * (1 - rest)) / (3 * (microBatches + job.pipeline - 1));
    // Lasting differences belong to board and cable: they stay over restarts.
    this.#board = Float64Array.from(job.gpus, (gpu) => 1 + NOISE.board * normalOf(seed, 6100, gpu.index));
    this.#groupPace = Float64Array.from(job.groups, (_, g) => 1 + NOISE.group * normalOf(seed, job.stream + 11, g));
    this.#sequence = new Float64Array(job.data).fill(1);
  }

  /** One step; its operations in an order in which each rank's own stand as it did them. */
  step(conditions: Conditions): RankOperation[] {
    const { job, clock } = this;
    this.#conditions = conditions;
    this.#operations = [];
    for (let d = 0; d < job.data; d++) {
      this.#sequence[d] = Math.max(0.3, 1 + conditions.sequenceCv * this.#normal());
    }
    for (let rank = 0; rank < clock.length; rank++) {
      if (conditions.stopped[rank]) clock[rank] = Number.POSITIVE_INFINITY;
      clock[rank]! += conditions.slack[rank]! * this.#forwardUs;
    }
    for (const instruction of this.#schedule) {
      if (instruction.do === "exchange") this.#exchange(instruction.stage, instruction.down, instruction.up);
      else this.#pass(instruction.stage, instruction.do === "backward");
    }
    this.#synchronise();
    return this.#operations;
  }

  /** When the last rank is done; Infinity where somebody never is. */
  get endUs(): number {
    return Math.max(...this.clock);
  }

  #pass(stage: number, backward: boolean): void {
    const { job } = this;
    const { work, stall } = this.#conditions!;
    const us = this.#forwardUs * (backward ? 2 : 1);
    for (let d = 0; d < job.data; d++) {
      for (let t = 0; t < job.tensor; t++) {
        const rank = rankAt(job, stage, d, t);
        const own = us * this.#sequence[d]! * work[rank]! * this.#board[rank]! * this.#noise(NOISE.pass);
        // A loader that is behind is late with every batch, by differing times; a backward needs no new one.
        const late = backward ? 0 : stall[rank]! * 3 * this.#forwardUs * (0.6 + 0.8 * this.#uniform());
        this.clock[rank]! += own + late;
      }
      const group = job.tensorGroups[stage * job.data + d];
      if (group !== undefined) this.#collective(group, "AllReduce", BYTES.tensor, SHARES.tensor * this.#stepUs);
    }
  }

  #exchange(stage: number, down: boolean, up: boolean): void {
    const { job } = this;
    const us = SHARES.pipeline * this.#stepUs;
    for (const group of job.pipelineGroups) {
      const { members } = job.groups[group]!;
      const pair = [members[stage]!, members[stage + 1]!];
      const entered = pair.map((rank) => this.clock[rank]!);
      const end = Math.max(...entered) + this.#transferUs(group, us, pair);
      const send = (from: 0 | 1) => {
        const to = 1 - from;
        this.#record(group, stage + from, "Send", stage + to, BYTES.pipeline, entered[from]!, end);
        this.#record(group, stage + to, "Recv", stage + from, BYTES.pipeline, entered[to]!, end);
      };
      if (down) send(0);
      if (up) send(1);
      for (const rank of pair) this.clock[rank] = end;
    }
  }

  /** Gradients summed up, their norm agreed on, the optimizer's step, parameters gathered. */
  #synchronise(): void {
    const { job } = this;
    for (const group of job.dataGroups) {
      this.#collective(group, "ReduceScatter", BYTES.data, SHARES.reduceScatter * this.#stepUs);
    }
    if (job.worldGroup >= 0) this.#collective(job.worldGroup, "AllReduce", BYTES.world, WORLD_US);
    const { work } = this.#conditions!;
    for (let rank = 0; rank < this.clock.length; rank++) {
      this.clock[rank]! += SHARES.optimizer * this.#stepUs * work[rank]! * this.#noise(NOISE.pass);
    }
    for (const group of job.dataGroups) {
      this.#collective(group, "AllGather", BYTES.data, SHARES.allGather * this.#stepUs);
    }
  }

  #collective(group: number, collective: CollectiveName, bytes: number, us: number): void {
    const { members } = this.job.groups[group]!;
    let last = 0;
    for (const rank of members) last = Math.max(last, this.clock[rank]!);
    const end = last + this.#transferUs(group, us, members);
    for (const [member, rank] of members.entries()) {
      this.#record(group, member, collective, undefined, bytes, this.clock[rank]!, end);
      this.clock[rank] = end;
    }
  }

  #transferUs(group: number, us: number, ranks: readonly number[]): number {
    const { nic, nvlink } = this.#conditions!;
    const slow = this.job.groups[group]!.nodes > 1 ? nic : nvlink;
    let factor = 1;
    for (const rank of ranks) factor = Math.max(factor, slow[rank]!);
    return us * factor * this.#groupPace[group]! * this.#noise(NOISE.transfer);
  }

  #record(
    group: number,
    member: number,
    collective: CollectiveName,
    peer: number | undefined,
    bytes: number,
    startUs: number,
    endUs: number,
  ): void {
    // What it does not enter it does not count.
    if (startUs === Number.POSITIVE_INFINITY) return;
    const rank = this.job.groups[group]!.members[member]!;
    const key = `${group} ${collective} ${member} ${peer}`;
    const seq = this.#seq.get(key) ?? 0;
    this.#seq.set(key, seq + 1);
    this.#operations.push({ rank, group, member, collective, seq, peer, bytes, startUs, endUs });
  }

  #uniform(): number {
    return uniform(this.#seed, this.job.stream, this.#draws++);
  }

  #normal(): number {
    return (this.#uniform() + this.#uniform() + this.#uniform() + this.#uniform() - 2) * Math.sqrt(3);
  }

  #noise(cv: number): number {
    return Math.max(0.5, 1 + cv * this.#normal());
  }
}

/** About normal, from four uniform numbers: never further off than 3.5. */
function normalOf(seed: number, stream: number, index: number): number {
  let sum = 0;
  for (let i = 0; i < 4; i++) sum += uniform(seed, stream, index * 4 + i);
  return (sum - 2) * Math.sqrt(3);
}
