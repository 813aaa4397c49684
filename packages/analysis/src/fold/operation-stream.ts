/** The operations of one collective in one communicator by one process, those not yet given to a step kept in sequence order. */
import type { Collective, GroupKind, Operation, TimingSource } from "@lockstep/schemas/domain/operation";
import { packed, unpacked } from "./packed-numbers.ts";

/** How a stream repeats: step k holds the sequence numbers from phase + advance * k up to the next step's. */
export type Rhythm = {
  /** Sequence numbers of a step; more than `count` where others share the counter or small operations are not recorded. */
  readonly advance: number;
  /** Operations of a step. */
  readonly count: number;
  phase: number;
  /** Sequence numbers by which overlapping communicators may pass each other at the end of a step. */
  tolerance: number;
};

export type StreamIdentity = {
  readonly communicator: string;
  readonly kind: GroupKind;
  readonly collective: Collective;
  readonly peer: number | undefined;
  readonly node: string | undefined;
  readonly rank: number;
  readonly size: number;
  readonly jobRank: number | undefined;
  readonly members: readonly number[] | undefined;
  readonly timing: TimingSource;
};

export type StreamSnapshot = StreamIdentity & {
  readonly lastSeq: number;
  readonly lastStart: number | null;
  readonly cutSeq: number;
  readonly rhythm: Rhythm | undefined;
  readonly triedAlone: boolean;
  readonly lastArrival: number;
  readonly residual: number;
  readonly residualSteps: number;
  readonly shift: number;
  readonly pending: readonly (readonly (number | null)[])[];
};

const firstCapacity = 64;

export class OperationStream {
  readonly identity: StreamIdentity;
  /** Columns; what is pending stands at [head, end). `start` and `bytes` are NaN where not told. */
  seq = new Float64Array(firstCapacity);
  start = new Float64Array(firstCapacity);
  exec = new Float64Array(firstCapacity);
  bytes = new Float64Array(firstCapacity);
  /** A count over all operations of the process. */
  arrival = new Float64Array(firstCapacity);
  head = 0;
  end = 0;
  lastSeq = -1;
  lastStart = Number.NaN;
  lastArrival = -1;
  lastBytes = Number.NaN;
  /** Smaller sequence numbers were given to steps. */
  cutSeq = 0;
  rhythm: Rhythm | undefined = undefined;
  /** Being outside the period, it was once the reason to look for a longer one. */
  triedAlone = false;
  /** Steps in a row in which it was off by `residual`. */
  residual = 0;
  residualSteps = 0;
  /** By how much its phase was moved last. */
  shift = 0;

  constructor(identity: StreamIdentity) {
    this.identity = identity;
  }

  get pending(): number {
    return this.end - this.head;
  }

  matches(operation: Operation): boolean {
    const { collective, peer, rank } = this.identity;
    return operation.collective === collective && operation.peer === peer && operation.rank === rank;
  }

  /** False where it was heard before. */
  push(operation: Operation, arrival: number): boolean {
    const { seq } = operation;
    if (seq < this.cutSeq) return false;
    this.#makeRoom();
    let at = this.end;
    if (seq > this.lastSeq) {
      this.lastSeq = seq;
    } else {
      while (at > this.head && this.seq[at - 1]! > seq) at--;
      if (at > this.head && this.seq[at - 1] === seq) return false;
      if (at < this.end) for (const column of this.#columns()) column.copyWithin(at + 1, at, this.end);
    }
    this.seq[at] = seq;
    this.start[at] = operation.startUs ?? Number.NaN;
    this.exec[at] = operation.execUs;
    this.bytes[at] = operation.bytes ?? Number.NaN;
    this.arrival[at] = arrival;
    this.lastArrival = arrival;
    this.lastBytes = this.bytes[at]!;
    this.end++;
    if (operation.startUs !== undefined && !(operation.startUs <= this.lastStart)) this.lastStart = operation.startUs;
    return true;
  }

  /** Gives away what stands before place `cut`; `seq` is where the next step begins. */
  cutTo(cut: number, seq: number): void {
    this.head = cut;
    if (seq > this.cutSeq) this.cutSeq = seq;
    if (this.head === this.end) {
      this.head = 0;
      this.end = 0;
    }
  }

  snapshot(): StreamSnapshot {
    const { lastSeq, lastStart, cutSeq, rhythm, triedAlone, lastArrival, residual, residualSteps } = this;
    const pending = this.#columns().map((column) => packed(column.subarray(this.head, this.end)));
    return {
      ...this.identity,
      lastSeq,
      lastStart: Number.isNaN(lastStart) ? null : lastStart,
      cutSeq,
      rhythm: rhythm && { ...rhythm },
      triedAlone,
      lastArrival,
      residual,
      residualSteps,
      shift: this.shift,
      pending,
    };
  }

  static restore(snapshot: StreamSnapshot): OperationStream {
    const { communicator, kind, collective, peer, node, rank, size, jobRank, members, timing } = snapshot;
    const identity = { communicator, kind, collective, peer, node, rank, size, jobRank, members, timing };
    const { lastSeq, lastStart, cutSeq, rhythm, triedAlone, lastArrival, residual, residualSteps, pending } = snapshot;
    const stream = new OperationStream(identity);
    stream.lastSeq = lastSeq;
    stream.lastStart = lastStart ?? Number.NaN;
    stream.cutSeq = cutSeq;
    stream.rhythm = rhythm && { ...rhythm };
    stream.triedAlone = triedAlone;
    stream.lastArrival = lastArrival;
    stream.residual = residual;
    stream.residualSteps = residualSteps;
    stream.shift = snapshot.shift;
    stream.end = pending[0]?.length ?? 0;
    stream.#grow(Math.max(firstCapacity, stream.end));
    for (const [index, column] of stream.#columns().entries()) column.set(unpacked(pending[index] ?? []));
    return stream;
  }

  #columns(): Float64Array[] {
    return [this.seq, this.start, this.exec, this.bytes, this.arrival];
  }

  #makeRoom(): void {
    if (this.end < this.seq.length) return;
    if (this.head > this.seq.length / 2) {
      for (const column of this.#columns()) column.copyWithin(0, this.head, this.end);
      this.end -= this.head;
      this.head = 0;
    } else {
      this.#grow(this.seq.length * 2);
    }
  }

  #grow(capacity: number): void {
    const larger = (column: Float64Array) => {
      const grown = new Float64Array(capacity);
      grown.set(column.subarray(0, Math.min(column.length, capacity)));
      return grown;
    };
    this.seq = larger(this.seq);
    this.start = larger(this.start);
    this.exec = larger(this.exec);
    this.bytes = larger(this.bytes);
    this.arrival = larger(this.arrival);
  }
}
