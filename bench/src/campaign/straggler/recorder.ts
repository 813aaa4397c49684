/**
 * What the traces of a running job hold, kept as the columns that the detector reads. Steps are appended; a window is a view
 * of the last of them and costs next to nothing, so a long job gives many windows.
 */
import type { Communicator, JobWindow, OperationColumn, Rank } from "@lockstep/analysis/straggler/job-window";
import { type Group, nodeName, nodeOf, rankCount } from "./layout.ts";
import { parameters } from "./parameters.ts";
import { Random } from "./random.ts";
import type { Scenario } from "./scenario.ts";
import { exchangeSlots } from "./schedule.ts";

/** One communicator's operations of one kind, for all steps kept. */
export type Track = {
  readonly collective: OperationColumn["collective"];
  readonly bytes: number;
  readonly slots: number;
  readonly members: number;
  readonly group: number;
  readonly exec: Float32Array;
  readonly start: Float32Array;
};

/** 2026-01-01, milliseconds since 1970. */
const epochMs = 1_767_225_600_000;

export class Recorder {
  /** By group; data-parallel groups have a second track for the all-gather. */
  readonly tracks: readonly Track[];
  readonly second: readonly (Track | undefined)[];
  /** [place * ranks + rank]: microseconds on the rank's clock. */
  readonly #stepTime: Float64Array;
  readonly #self: Float64Array;
  readonly #endedAt: Float64Array;
  readonly #capacity: number;
  readonly #scenario: Scenario;
  readonly #gaps: Random;
  readonly #count: number;
  readonly #heard: Int32Array;
  readonly #ranks: Rank[];
  readonly #communicators: Communicator[];
  readonly #ofRank: readonly number[][];
  #first = 0;
  #kept = 0;

  constructor(scenario: Scenario, capacity: number) {
    const { layout, groups, heard } = scenario;
    this.#scenario = scenario;
    this.#capacity = Math.max(capacity, parameters.window.steps + parameters.window.hop);
    this.#gaps = new Random(scenario.seed, "gaps");
    this.#count = rankCount(layout);
    this.#heard = Int32Array.from(heard.keys()).filter((rank) => heard[rank]);
    this.#ranks = Array.from(this.#heard, (rank) => identityOf(scenario, rank));
    const index = new Int32Array(this.#count).fill(-1);
    for (const [place, rank] of this.#heard.entries()) index[rank] = place;
    this.#communicators = groups.all.map(({ id, kind, members }) => ({
      id,
      kind,
      members: Int32Array.from(members, (rank) => index[rank]!),
    }));
    this.tracks = groups.all.map((group, at) => this.#track(group, at, false)!);
    this.second = groups.all.map((group, at) => this.#track(group, at, true));
    this.#ofRank = Array.from({ length: this.#count }, () => []);
    for (const [at, { members }] of groups.all.entries()) for (const rank of members) this.#ofRank[rank]!.push(at);
    this.#stepTime = new Float64Array(this.#capacity * this.#count);
    this.#self = new Float64Array(this.#capacity * this.#count);
    this.#endedAt = new Float64Array(this.#capacity);
  }

  /** Where the step that is being recorded lies; the engine writes there. */
  get place(): number {
    return this.#kept;
  }

  beginStep(): void {
    if (this.#kept < this.#capacity) return;
    const keep = parameters.window.steps - parameters.window.hop;
    const drop = this.#kept - keep;
    for (const track of [...this.tracks, ...this.second]) {
      if (!track) continue;
      const perStep = track.slots * track.members;
      for (const column of [track.exec, track.start]) {
        column.copyWithin(0, drop * perStep, this.#kept * perStep);
        column.fill(Number.NaN, keep * perStep);
      }
    }
    for (const column of [this.#stepTime, this.#self]) {
      column.copyWithin(0, drop * this.#count, this.#kept * this.#count);
    }
    this.#endedAt.copyWithin(0, drop, this.#kept);
    this.#first += drop;
    this.#kept = keep;
  }

  /** True microseconds: the step's end since the job began, each rank's step and self time. */
  endStep(endUs: number, stepUs: Float64Array, selfUs: Float64Array): void {
    const { clockRate, skewUs } = this.#scenario;
    const row = this.#kept * this.#count;
    const ends = new Float64Array(this.#heard.length);
    for (const [place, rank] of this.#heard.entries()) {
      this.#stepTime[row + rank] = Math.round(stepUs[rank]! * clockRate[rank]!);
      this.#self[row + rank] = Math.round(selfUs[rank]! * clockRate[rank]!);
      ends[place] = endUs * clockRate[rank]! + skewUs[rank]!;
    }
    this.#endedAt[this.#kept] = epochMs + ends.sort()[ends.length >> 1]! / 1e3;
    this.#loseRecords();
    this.#kept++;
  }

  /** The rings of NCCL Inspector are one per communicator and keep the newest: what is lost is a run of operations. */
  #loseRecords(): void {
    const { gapChance, gapOperations } = parameters.recording;
    for (const rank of this.#heard) {
      if (!this.#gaps.chance(gapChance)) continue;
      const groups = this.#ofRank[rank]!;
      const group = groups[this.#gaps.integer(groups.length)]!;
      const track = this.tracks[group]!;
      const member = this.#scenario.groups.all[group]!.members.indexOf(rank);
      const lost = Math.round(this.#gaps.between(gapOperations));
      const from = this.#gaps.integer(track.slots);
      for (let slot = from; slot < Math.min(track.slots, from + lost); slot++) {
        const cell = (this.#kept * track.slots + slot) * track.members + member;
        track.exec[cell] = Number.NaN;
        track.start[cell] = Number.NaN;
      }
      // The time in what was lost would pass for self time, so of this step it is not known.
      this.#self[this.#kept * this.#count + rank] = Number.NaN;
    }
  }

  /** The last steps, up to a window of them. Good until the next step is recorded. */
  window(): JobWindow {
    const steps = Math.min(this.#kept, parameters.window.steps);
    const from = this.#kept - steps;
    return {
      job: `simulated-${this.#scenario.seed}`,
      firstStep: this.#first + from,
      steps,
      ranks: this.#ranks,
      communicators: this.#communicators,
      operations: [...this.tracks, ...this.second]
        .filter((track) => track !== undefined)
        .map((t) => view(t, from, steps)),
      stepTime: this.#byRank(this.#stepTime, from, steps),
      self: this.#byRank(this.#self, from, steps),
      endedAt: this.#endedAt.slice(from, this.#kept),
      kernelTiming: true,
    };
  }

  #byRank(byStep: Float64Array, from: number, steps: number): Float64Array {
    const result = new Float64Array(this.#heard.length * steps);
    for (const [place, rank] of this.#heard.entries()) {
      for (let step = 0; step < steps; step++) {
        result[place * steps + step] = byStep[(from + step) * this.#count + rank]!;
      }
    }
    return result;
  }

  #track({ kind, members }: Group, group: number, second: boolean): Track | undefined {
    if (second && kind !== "DP") return undefined;
    const { tensorBytes, pipelineBytes, dataBytes, partsPerPass } = parameters.work;
    const { microBatches } = this.#scenario.layout;
    const slots = kind === "TP" ? 2 * microBatches * partsPerPass : kind === "PP" ? exchangeSlots(microBatches) : 1;
    const collective =
      kind === "TP" ? "AllReduce" : kind === "PP" ? "SendRecv" : second ? "AllGather" : "ReduceScatter";
    const bytes = kind === "TP" ? tensorBytes : kind === "PP" ? pipelineBytes : dataBytes;
    const length = this.#capacity * slots * members.length;
    const column = () => new Float32Array(length).fill(Number.NaN);
    return { collective, bytes, slots, members: members.length, group, exec: column(), start: column() };
  }
}

function view(
  { collective, bytes, slots, members, group, exec, start }: Track,
  from: number,
  steps: number,
): OperationColumn {
  const [low, high] = [from * slots * members, (from + steps) * slots * members];
  return {
    communicator: group,
    collective,
    bytes,
    slots,
    perSlot: 1,
    exec: exec.subarray(low, high),
    start: start.subarray(low, high),
  };
}

function identityOf({ seed, layout }: Scenario, rank: number): Rank {
  const node = nodeName(nodeOf(layout, rank));
  return { rank, process: `${node}/${10_000 + rank}`, node, gpu: gpuOf(seed, rank) };
}

/** As DCGM writes it. */
export function gpuOf(seed: number, rank: number): string {
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");
  return `GPU-${hex(seed >>> 0, 8)}-0000-4000-8000-${hex(rank, 12)}`;
}
