/**
 * A training job for tests: TP x PP x DP ranks that do their operations in the order of a pipeline of micro-batches, each on
 * its own clock. An operation ends for all its members together, a transfer time after the last has come. Each operation
 * carries the truth: the training step it belongs to, -1 outside of training.
 */
import type { Operation } from "@lockstep/schemas/domain/operation";

export type TrainingJob = {
  readonly tp: number;
  readonly pp: number;
  readonly dp: number;
  readonly steps: number;
  readonly microBatches?: number;
  /** Tensor-parallel operations of a forward pass; twice as many backward. */
  readonly layers?: number;
  readonly buckets?: number;
  readonly gradNorm?: boolean;
  readonly embedding?: boolean;
  readonly lossReduce?: boolean;
  /** Steps after which an evaluation of some forward passes comes. */
  readonly evaluateAfter?: readonly number[];
  readonly evaluationPasses?: number;
  readonly checkpointAfter?: readonly number[];
  /** Operations of the data-parallel groups before the first step, by stage. */
  readonly warmUp?: (stage: number) => number;
  readonly workUs?: (rank: number, step: number) => number;
  readonly skewUs?: (rank: number) => number;
  readonly dated?: boolean;
  readonly perNode?: number;
  /** The bookkeeping of small operations: loss and gradient norm are in no trace, but count. */
  readonly smallUnheard?: boolean;
};

export type DatedOperation = { readonly operation: Operation; readonly step: number; readonly endUs: number };

const bytesOf = { tensor: 1 << 24, gradients: 1 << 28, activations: 1 << 22, scalar: 4 };

/** By rank, in the order in which its operations ended. */
export function trainingJob(job: TrainingJob): DatedOperation[][] {
  const run = new Run(job);
  for (let stage = 0; stage < job.pp; stage++) {
    for (let i = 0; i < (job.warmUp?.(stage) ?? 0); i++) run.dataParallel(stage, "AllReduce", bytesOf.gradients, -1);
  }
  for (let step = 0; step < job.steps; step++) {
    run.step(step);
    if (job.evaluateAfter?.includes(step)) run.evaluation(job.evaluationPasses ?? 10);
    if (job.checkpointAfter?.includes(step)) run.checkpoint();
  }
  return run.ranks;
}

class Run {
  readonly ranks: DatedOperation[][];
  readonly #job: TrainingJob;
  readonly #clock: Float64Array;
  readonly #seq = new Map<string, number>();

  constructor(job: TrainingJob) {
    this.#job = job;
    const count = job.tp * job.pp * job.dp;
    this.ranks = Array.from({ length: count }, () => []);
    this.#clock = new Float64Array(count);
  }

  step(step: number): void {
    const { pp, microBatches = 2, buckets = 1 } = this.#job;
    for (let micro = 0; micro < microBatches; micro++) {
      for (let stage = 0; stage < pp; stage++) this.#pass(stage, stage + 1, step, 1);
    }
    for (let micro = 0; micro < microBatches; micro++) {
      for (let stage = pp - 1; stage >= 0; stage--) this.#pass(stage, stage - 1, step, 2);
    }
    for (let stage = 0; stage < pp; stage++) {
      for (let bucket = 0; bucket < buckets; bucket++) {
        this.dataParallel(stage, "AllReduce", bytesOf.gradients + bucket, step);
      }
    }
    if (this.#job.embedding) this.#embedding(step);
    if (this.#job.gradNorm) this.#group("world", this.#all(), "AllReduce", bytesOf.scalar, step);
    if (this.#job.lossReduce) this.dataParallel(pp - 1, "AllReduce", bytesOf.scalar, step);
  }

  /** Forward passes only, and the loss over the last stage's replicas. */
  evaluation(passes: number): void {
    for (let pass = 0; pass < passes; pass++) {
      for (let stage = 0; stage < this.#job.pp; stage++) this.#pass(stage, stage + 1, -1, 1);
      if (this.#job.lossReduce) this.dataParallel(this.#job.pp - 1, "AllReduce", bytesOf.scalar, -1);
    }
  }

  checkpoint(): void {
    this.#group("world", this.#all(), "Barrier", 0, -1);
  }

  dataParallel(stage: number, collective: string, bytes: number, step: number): void {
    const { tp, dp } = this.#job;
    if (dp < 2) return;
    for (let t = 0; t < tp; t++) {
      const members = Array.from({ length: dp }, (_, d) => this.#rank(t, d, stage));
      this.#group(`dp-${stage}-${t}`, members, collective, bytes, step);
    }
  }

  /** One stage's tensor-parallel work, and the sending of its result to the next. */
  #pass(stage: number, next: number, step: number, times: number): void {
    const { tp, dp, pp, layers = 4 } = this.#job;
    for (let d = 0; d < dp; d++) {
      const members = Array.from({ length: tp }, (_, t) => this.#rank(t, d, stage));
      for (let i = 0; i < layers * times; i++) {
        for (const rank of members) this.#clock[rank]! += this.#job.workUs?.(rank, step) ?? 1000;
        if (tp > 1) this.#group(`tp-${stage}-${d}`, members, "AllReduce", bytesOf.tensor, step);
      }
      if (next < 0 || next >= pp) continue;
      for (let t = 0; t < tp; t++) this.#send(`pp-${d}-${t}`, this.#pipeline(t, d), stage, next, step);
    }
  }

  #embedding(step: number): void {
    const { tp, dp, pp } = this.#job;
    if (pp < 2) return;
    for (let d = 0; d < dp; d++) {
      for (let t = 0; t < tp; t++) {
        const members = [this.#rank(t, d, 0), this.#rank(t, d, pp - 1)];
        this.#group(`embedding-${d}-${t}`, members, "AllReduce", bytesOf.gradients, step);
      }
    }
  }

  #rank(t: number, d: number, stage: number): number {
    return t + this.#job.tp * (d + this.#job.dp * stage);
  }

  #pipeline(t: number, d: number): number[] {
    return Array.from({ length: this.#job.pp }, (_, stage) => this.#rank(t, d, stage));
  }

  #all(): number[] {
    return [...this.ranks.keys()];
  }

  #group(communicator: string, members: readonly number[], collective: string, bytes: number, step: number): void {
    const key = `${communicator} ${collective}`;
    const seq = this.#next(key);
    const end = members.reduce((last, rank) => Math.max(last, this.#clock[rank]!), 0) + 200;
    for (const [place, rank] of members.entries()) {
      this.#heard({ communicator, collective, bytes, step, end, seq, peer: undefined }, rank, place, members.length);
    }
  }

  /** NCCL Inspector counts the sends of a communicator, to whomever they go. */
  #send(communicator: string, members: readonly number[], from: number, to: number, step: number): void {
    const bytes = bytesOf.activations;
    const end = Math.max(this.#clock[members[from]!]!, this.#clock[members[to]!]!) + 100;
    for (const [collective, own, peer] of [
      ["Send", from, to],
      ["Recv", to, from],
    ] as const) {
      const seq = this.#next(`${communicator} ${collective} ${own}`);
      this.#heard({ communicator, collective, bytes, step, end, seq, peer }, members[own]!, own, members.length);
    }
  }

  #heard(done: Done, rank: number, place: number, size: number): void {
    const { communicator, collective, bytes, step, end, seq, peer } = done;
    const start = this.#clock[rank]!;
    this.#clock[rank] = end;
    if (this.#job.smallUnheard && bytes < 8192) return;
    const clock = 1.7e15 + (this.#job.skewUs?.(rank) ?? 0);
    const node = `node-${Math.floor(rank / (this.#job.perNode ?? 8))}`;
    const operation: Operation = {
      job: "job",
      communicator,
      kind: "?",
      process: `${node}/${1000 + rank}`,
      node,
      rank: place,
      size,
      jobRank: undefined,
      members: undefined,
      collective,
      seq,
      peer,
      bytes,
      execUs: end - start,
      startUs: this.#job.dated === false ? undefined : clock + start,
      timing: "kernel_gpu",
    };
    this.ranks[rank]!.push({ operation, step, endUs: clock + end });
  }

  #next(key: string): number {
    const seq = this.#seq.get(key) ?? 0;
    this.#seq.set(key, seq + 1);
    return seq;
  }
}

type Done = {
  readonly communicator: string;
  readonly collective: string;
  readonly bytes: number;
  readonly step: number;
  readonly end: number;
  readonly seq: number;
  readonly peer: number | undefined;
};

/** As NCCL Inspector writes: every `everyUs` the new operations of one communicator after the other. */
export function dumped(operations: readonly DatedOperation[], everyUs: number): DatedOperation[] {
  const order = new Map<string, number>();
  for (const { operation } of operations)
    if (!order.has(operation.communicator)) order.set(operation.communicator, order.size);
  const block = ({ endUs }: DatedOperation) => Math.floor(endUs / everyUs);
  return [...operations].sort(
    (a, b) => block(a) - block(b) || order.get(a.operation.communicator)! - order.get(b.operation.communicator)!,
  );
}

/** The ring keeps the last `ring` operations of each communicator between two dumps. */
export function ringDropped(operations: readonly DatedOperation[], everyUs: number, ring = 1024): DatedOperation[] {
  const kept: DatedOperation[] = [];
  const blocks = new Map<string, DatedOperation[]>();
  for (const one of operations) {
    const key = `${Math.floor(one.endUs / everyUs)} ${one.operation.communicator}`;
    const found = blocks.get(key);
    if (found) found.push(one);
    else blocks.set(key, [one]);
  }
  for (const block of blocks.values()) kept.push(...block.slice(-ring));
  return dumped(kept, everyUs);
}
