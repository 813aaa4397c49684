/**
 * Replays the steps of a synchronous training job: every rank computes on its own and meets the others in its operations. An
 * operation begins to move data when its last member has entered, and all leave together; so a rank's duration is its wait
 * plus the transfer, as NCCL's kernels show it.
 */

import { Delays } from "./delays.ts";
import { FaultEffect } from "./fault-effect.ts";
import { rankAt, rankCount, stageOf } from "./layout.ts";
import { parameters } from "./parameters.ts";
import { exponentialTable, lognormalTable, Random, tableBits, tableMask } from "./random.ts";
import type { Recorder } from "./recorder.ts";
import type { Scenario } from "./scenario.ts";
import { type Instruction, oneForwardOneBackward } from "./schedule.ts";

const { work, communication, compute, sequence } = parameters;
const congestionBelow = Math.round(communication.congestionChance * (tableMask + 1));
const transferNoise = lognormalTable(communication.cv);
const jitter = exponentialTable(compute.jitterUs);

/** Left out for a counterfactual: the same random numbers, the same job, without its fault or without uneven sequences. */
export type Without = { readonly fault?: boolean; readonly sequence?: boolean };

export class Engine {
  /** Microseconds since the job began, by rank: true time, no clock shows it. */
  readonly clock: Float64Array;
  /** Of the last step, microseconds by rank. */
  readonly stepUs: Float64Array;
  readonly selfUs: Float64Array;
  readonly #scenario: Scenario;
  readonly #recorder: Recorder | undefined;
  readonly #schedule: readonly Instruction[];
  readonly #effect: FaultEffect | undefined;
  readonly #computeNoise: Float64Array;
  readonly #noise: Random;
  readonly #transfers: Random;
  readonly #lengths: Random;
  readonly #lengthOf: Float64Array;
  /** [replica * microBatches + microBatch]: how much more work than the mean. */
  readonly #sequence: Float64Array;
  readonly #pace: Float64Array;
  readonly #begin: Float64Array;
  readonly #linkFault: Uint8Array;
  readonly #culprits: readonly (readonly number[])[];
  readonly #delays: Delays;
  readonly #passes: Int32Array;
  #step = 0;

  constructor(scenario: Scenario, recorder?: Recorder, without: Without = {}) {
    const { layout, seed, groups } = scenario;
    const count = rankCount(layout);
    this.#scenario = scenario;
    this.#recorder = recorder;
    this.#schedule = oneForwardOneBackward(layout.pipeline, layout.microBatches);
    const fault = without.fault ? undefined : scenario.fault;
    this.#effect = fault && new FaultEffect(fault, layout, new Random(seed, "effect"));
    this.#computeNoise = lognormalTable(scenario.computeCv);
    this.#noise = new Random(seed, "compute");
    this.#transfers = new Random(seed, "transfers");
    this.#lengths = new Random(seed, "lengths");
    this.#lengthOf = lognormalTable(without.sequence ? 0 : scenario.sequenceCv);
    this.#sequence = new Float64Array(layout.data * layout.microBatches).fill(1);
    this.clock = new Float64Array(count);
    this.stepUs = new Float64Array(count);
    this.selfUs = new Float64Array(count);
    this.#begin = new Float64Array(count);
    this.#pace = scenario.pace.slice();
    this.#linkFault = new Uint8Array(groups.all.length);
    if (this.#effect) for (const group of fault!.groups) this.#linkFault[group] = 1;
    const culprits = fault && fault.groups.length === 0 ? fault.ranks : [];
    this.#culprits = Array.from({ length: layout.pipeline }, (_, stage) =>
      culprits.map((_, i) => i).filter((i) => stageOf(layout, culprits[i]!) === stage),
    );
    this.#delays = new Delays(scenario, fault, this.#effect);
    this.#passes = new Int32Array(layout.pipeline);
  }

  /** Microseconds from the end of the step before to the end of this one, by the ranks' last ends. */
  step(): number {
    const before = this.#latest();
    this.#recorder?.beginStep();
    this.#effect?.beginStep(this.#step);
    this.#drawSequences();
    this.#delays.draw(this.#step);
    this.#passes.fill(0);
    this.#begin.set(this.clock);
    this.selfUs.fill(0);
    this.#delayStart();
    for (const instruction of this.#schedule) {
      if (instruction.kind === "exchange") this.#exchange(instruction.stage, instruction.slot, instruction.transfers);
      else this.#pass(instruction.stage, instruction.microBatch, instruction.kind === "backward");
    }
    this.#synchronise();
    for (let rank = 0; rank < this.clock.length; rank++) this.stepUs[rank] = this.clock[rank]! - this.#begin[rank]!;
    const end = this.#latest();
    this.#recorder?.endStep(end, this.stepUs, this.selfUs);
    this.#step++;
    return end - before;
  }

  #latest(): number {
    let latest = 0;
    for (const us of this.clock) if (us > latest) latest = us;
    return latest;
  }

  #drawSequences(): void {
    const { data, microBatches } = this.#scenario.layout;
    for (let replica = 0; replica < data; replica++) {
      const factor = this.#effect?.sequenceFactor() ?? 1;
      for (let m = 0; m < microBatches; m++) {
        const length = this.#lengthOf[this.#lengths.u32() & tableMask]!;
        const cost = sequence.linearShare * length + (1 - sequence.linearShare) * length * length;
        this.#sequence[replica * microBatches + m] = cost * factor;
      }
    }
  }

  #delayStart(): void {
    for (const rank of this.#delays.startRanks) this.#work(rank, this.#delays.start[rank]!);
  }

  #work(rank: number, us: number): void {
    this.clock[rank]! += us;
    this.selfUs[rank]! += us;
  }

  /** All tensor-parallel groups of a stage run the pass, each in parts that an all-reduce closes. */
  #pass(stage: number, microBatch: number, backward: boolean): void {
    const { layout, groups, pace: healthyPace, fault } = this.#scenario;
    const { data, tensor, microBatches } = layout;
    for (const culprit of this.#culprits[stage]!) {
      const rank = fault!.ranks[culprit]!;
      this.#pace[rank] = healthyPace[rank]! * this.#effect!.passFactor(culprit);
    }
    const partUs = (work.forwardUs * (backward ? work.backwardRatio : 1)) / work.partsPerPass;
    const slot = this.#passes[stage]! * work.partsPerPass;
    this.#passes[stage]!++;
    const delayed = !backward && this.#delays.any;
    for (let replica = 0; replica < data; replica++) {
      const us = partUs * this.#sequence[replica * microBatches + microBatch]!;
      const first = rankAt(layout, stage, replica, 0);
      if (delayed) this.#delayPass(first, tensor, microBatch);
      for (let part = 0; part < work.partsPerPass; part++) {
        this.#compute(first, tensor, us);
        if (tensor > 1) this.#meet(groups.tensor[stage * data + replica]!, first, 1, slot + part, work.tensorUs);
      }
    }
  }

  #delayPass(first: number, tensor: number, microBatch: number): void {
    const { delays, columns } = this.#delays;
    for (let rank = first; rank < first + tensor; rank++) {
      const us = delays[rank * columns + microBatch]!;
      if (us > 0) this.#work(rank, us);
    }
  }

  #compute(first: number, tensor: number, us: number): void {
    const { clock, selfUs } = this;
    const noise = this.#computeNoise;
    const pace = this.#pace;
    for (let rank = first; rank < first + tensor; rank++) {
      const drawn = this.#noise.u32();
      const own = us * pace[rank]! * noise[drawn & tableMask]! + jitter[(drawn >>> tableBits) & tableMask]!;
      clock[rank]! += own;
      selfUs[rank]! += own;
    }
  }

  /** Members lie `stride` apart from `first` on, in the group's order. */
  #meet(group: number, first: number, stride: number, slot: number, transferUs: number, second = false): void {
    const { clock } = this;
    const count = this.#scenario.groups.all[group]!.members.length;
    let last = 0;
    for (let i = 0, rank = first; i < count; i++, rank += stride) if (clock[rank]! > last) last = clock[rank]!;
    const end = last + this.#transfer(group, transferUs);
    const recorder = this.#recorder;
    if (recorder) {
      const track = second ? recorder.second[group]! : recorder.tracks[group]!;
      const base = (recorder.place * track.slots + slot) * count;
      this.#record(track.exec, track.start, base, first, stride, count, end);
    }
    for (let i = 0, rank = first; i < count; i++, rank += stride) clock[rank] = end;
  }

  #record(
    exec: Float32Array,
    start: Float32Array,
    base: number,
    first: number,
    stride: number,
    count: number,
    end: number,
  ): void {
    const { clock } = this;
    const { heard, clockRate } = this.#scenario;
    const begin = this.#begin;
    for (let i = 0, rank = first; i < count; i++, rank += stride) {
      if (!heard[rank]) continue;
      exec[base + i] = Math.round((end - clock[rank]!) * clockRate[rank]!);
      start[base + i] = Math.round((clock[rank]! - begin[rank]!) * clockRate[rank]!);
    }
  }

  #transfer(group: number, us: number): number {
    const drawn = this.#transfers.u32();
    const congestion = (drawn >>> tableBits) & tableMask;
    let taken = us * this.#scenario.transferPace[group]! * transferNoise[drawn & tableMask]!;
    if (congestion < congestionBelow) taken *= 1 + (communication.congestionUpTo * congestion) / congestionBelow;
    return this.#linkFault[group] ? taken * this.#effect!.transferFactor() : taken;
  }

  /** Activations down and gradients up between a stage and the next; both ways at once take no longer than one. */
  #exchange(stage: number, slot: number, transfers: number): void {
    const { data, tensor } = this.#scenario.layout;
    const stride = tensor * data;
    for (let place = 0; place < stride; place++) {
      const group = this.#scenario.groups.pipeline[stage * stride + place]!;
      const first = stage * stride + place;
      this.#meet(group, first, stride, slot, work.pipelineUs);
      if (transfers === 2) this.#recordTwin(group, slot);
    }
  }

  /** The way back is an operation of its own, entered and left together with the way there. */
  #recordTwin(group: number, slot: number): void {
    const track = this.#recorder?.tracks[group];
    if (!track) return;
    const { exec, start } = track;
    const base = (this.#recorder!.place * track.slots + slot) * 2;
    exec[base + 2] = exec[base]!;
    exec[base + 3] = exec[base + 1]!;
    start[base + 2] = start[base]!;
    start[base + 3] = start[base + 1]!;
  }

  /** The end of the step: gradients, optimizer, parameters. */
  #synchronise(): void {
    const { layout, groups } = this.#scenario;
    const { pipeline, tensor, data } = layout;
    for (let stage = 0; stage < pipeline; stage++) {
      const first = stage * tensor * data;
      const meet = (us: number, second: boolean) => {
        for (let t = 0; t < tensor; t++) this.#meet(groups.data[stage * tensor + t]!, first + t, tensor, 0, us, second);
      };
      meet(work.reduceScatterUs, false);
      this.#compute(first, tensor * data, work.optimizerUs);
      meet(work.allGatherUs, true);
    }
  }
}
