/**
 * Windows of a small training job for tests: tensor-parallel operations inside a node, pipeline pairs, and data-parallel
 * operations at the end of the step, with everything about them known. Not the campaign's simulator: no queues, no links.
 */
import type { Communicator, JobWindow, OperationColumn, Rank } from "../src/straggler/job-window.ts";

export type Layout = { readonly tp: number; readonly pp: number; readonly dp: number; readonly perNode: number };

export type Scene = {
  readonly layout: Layout;
  readonly seed: number;
  readonly steps?: number;
  readonly firstStep?: number;
  readonly tpSlots?: number;
  readonly selfUs?: number;
  /** Standard deviation of the logarithm of a rank's self time from step to step. */
  readonly noise?: number;
  /** The same of what a replica's ranks share in a step. */
  readonly sequenceNoise?: number;
  /** Chance that a rank pauses in a step, for half of its self time more. */
  readonly pauses?: number;
  /** Times slower, by job rank and step of the window. */
  readonly slower?: (rank: number, step: number) => number;
  /** Works longer beside the chain: in its self time, but nobody waits for it. */
  readonly slack?: (rank: number) => number;
  /** Times longer that a transfer takes. */
  readonly slowTransfer?: (communicator: string, members: readonly number[]) => number;
  readonly unheard?: (rank: number) => boolean;
};

/** A small generator of uniform numbers in [0, 1): a linear congruence mixed by xorshift; the same seed, the same window. */
export function uniform(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    let mixed = state ^ (state >>> 15);
    mixed = Math.imul(mixed, 0x2c1b3c6d) >>> 0;
    mixed ^= mixed >>> 12;
    return (mixed >>> 0) / 4294967296;
  };
}

export function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function makeWindow(scene: Scene): JobWindow {
  const { tp, pp, dp } = scene.layout;
  const steps = scene.steps ?? 20;
  const count = tp * pp * dp;
  const index = new Int32Array(count).fill(-1);
  const ranks: Rank[] = [];
  for (let rank = 0; rank < count; rank++) {
    if (scene.unheard?.(rank)) continue;
    index[rank] = ranks.length;
    const node = `node-${String(Math.floor(rank / scene.layout.perNode)).padStart(3, "0")}`;
    ranks.push({ rank, process: `${node}/${rank}`, node, gpu: undefined });
  }
  const self = selfTimes(scene, steps, count);
  const built = new Builder(scene, steps, index, self);
  const stepUs = built.run();
  const stepTime = new Float64Array(ranks.length * steps);
  const heardSelf = new Float64Array(ranks.length * steps);
  for (const [place, { rank }] of ranks.entries()) {
    for (let step = 0; step < steps; step++) {
      stepTime[place * steps + step] = stepUs[step]!;
      const slack = scene.slack?.(rank) ?? 1;
      heardSelf[place * steps + step] = self[rank * steps + step]! * slack;
    }
  }
  let now = 1.7e12;
  return {
    job: "job",
    firstStep: scene.firstStep ?? 0,
    steps,
    ranks,
    communicators: built.communicators,
    operations: built.operations,
    stepTime,
    self: heardSelf,
    endedAt: stepUs.map((us) => (now += us / 1e3)),
    kernelTiming: true,
  };
}

/** [rank * steps + step], microseconds. */
function selfTimes(scene: Scene, steps: number, count: number): Float64Array {
  const random = uniform(scene.seed);
  const gauss = normal(random);
  const { tp, dp } = scene.layout;
  const shared = Float64Array.from({ length: dp * steps }, () => Math.exp((scene.sequenceNoise ?? 0) * gauss()));
  const self = new Float64Array(count * steps);
  for (let rank = 0; rank < count; rank++) {
    const replica = Math.floor(rank / tp) % dp;
    for (let step = 0; step < steps; step++) {
      const pause = random() < (scene.pauses ?? 0) ? 1.5 : 1;
      const own = Math.exp((scene.noise ?? 0.02) * gauss()) * pause * (scene.slower?.(rank, step) ?? 1);
      self[rank * steps + step] = (scene.selfUs ?? 50_000) * own * shared[replica * steps + step]!;
    }
  }
  return self;
}

class Builder {
  readonly communicators: Communicator[] = [];
  readonly operations: OperationColumn[] = [];
  readonly #scene: Scene;
  readonly #steps: number;
  readonly #index: Int32Array;
  readonly #self: Float64Array;
  readonly #gauss: () => number;

  constructor(scene: Scene, steps: number, index: Int32Array, self: Float64Array) {
    this.#scene = scene;
    this.#steps = steps;
    this.#index = index;
    this.#self = self;
    this.#gauss = normal(uniform(scene.seed + 7919));
  }

  /** Rank = tp + TP * (dp + DP * pp), as common layouts count. Returns the step times. */
  run(): Float64Array {
    const { tp, pp, dp } = this.#scene.layout;
    const at = this.#self.slice();
    const of = (t: number, d: number, p: number) => t + tp * (d + dp * p);
    if (tp > 1) {
      for (let p = 0; p < pp; p++) {
        for (let d = 0; d < dp; d++)
          this.#tensor(
            Array.from({ length: tp }, (_, t) => of(t, d, p)),
            at,
          );
      }
    }
    for (let p = 0; p + 1 < pp; p++) {
      for (let d = 0; d < dp; d++) for (let t = 0; t < tp; t++) this.#pair(of(t, d, p), of(t, d, p + 1));
    }
    if (dp > 1) {
      for (let p = 0; p < pp; p++) {
        for (let t = 0; t < tp; t++)
          this.#data(
            Array.from({ length: dp }, (_, d) => of(t, d, p)),
            at,
          );
      }
    }
    return Float64Array.from({ length: this.#steps }, (_, step) => {
      let end = 0;
      for (let rank = 0; rank < tp * pp * dp; rank++) end = Math.max(end, at[rank * this.#steps + step]!);
      return end;
    });
  }

  #communicator(kind: Communicator["kind"], members: readonly number[]): { communicator: number; slower: number } {
    const id = `${kind}:${members.join(",")}`;
    this.communicators.push({ id, kind, members: Int32Array.from(members, (rank) => this.#index[rank]!) });
    return { communicator: this.communicators.length - 1, slower: this.#scene.slowTransfer?.(id, members) ?? 1 };
  }

  #column(
    communicator: number,
    collective: OperationColumn["collective"],
    bytes: number,
    slots: number,
    members: number,
  ) {
    const exec = new Float32Array(this.#steps * slots * members);
    this.operations.push({ communicator, collective, bytes, slots, perSlot: 1, exec });
    return exec;
  }

  /** What is not heard is not there. */
  #heard(rank: number, us: number): number {
    return this.#index[rank]! < 0 ? Number.NaN : us;
  }

  #tensor(members: readonly number[], at: Float64Array): void {
    const slots = this.#scene.tpSlots ?? 8;
    const { communicator, slower } = this.#communicator("TP", members);
    const exec = this.#column(communicator, "AllReduce", 1 << 24, slots, members.length);
    for (let step = 0; step < this.#steps; step++) {
      let now = 0;
      for (let slot = 0; slot < slots; slot++) {
        const transfer = 200 * slower * Math.exp(0.02 * this.#gauss());
        const arrival = members.map((rank) => now + this.#self[rank * this.#steps + step]! / slots);
        now = Math.max(...arrival) + transfer;
        members.forEach((rank, member) => {
          exec[(step * slots + slot) * members.length + member] = this.#heard(rank, now - arrival[member]!);
        });
      }
      for (const rank of members) at[rank * this.#steps + step] = now;
    }
  }

  #pair(from: number, to: number): void {
    const { communicator, slower } = this.#communicator("PP", [from, to]);
    const exec = this.#column(communicator, "SendRecv", 1 << 20, 2, 2);
    for (let row = 0; row < this.#steps * 2; row++) {
      const transfer = 100 * slower * Math.exp(0.02 * this.#gauss());
      exec[row * 2] = this.#heard(from, transfer);
      exec[row * 2 + 1] = this.#heard(to, transfer + 500 * Math.abs(this.#gauss()));
    }
  }

  #data(members: readonly number[], at: Float64Array): void {
    const { communicator, slower } = this.#communicator("DP", members);
    const exec = this.#column(communicator, "ReduceScatter", 1 << 28, 1, members.length);
    for (let step = 0; step < this.#steps; step++) {
      const end = members.reduce((last, rank) => Math.max(last, at[rank * this.#steps + step]!), 0);
      const transfer = 4000 * slower * Math.exp(0.02 * this.#gauss());
      members.forEach((rank, member) => {
        exec[step * members.length + member] = this.#heard(rank, end + transfer - at[rank * this.#steps + step]!);
        at[rank * this.#steps + step] = end + transfer;
      });
    }
  }
}
