/** Runs the program of a window again, as it was or with other times: what the steps would have taken without a fault. */
import type { WindowProgram } from "./window-program.ts";

export type WindowReplay = {
  /** By rank, microseconds from the beginning to its last operation's end; NaN for a rank that does not run. */
  readonly endUs: Float64Array;
  /** By rank, what of that it worked. */
  readonly workUs: Float64Array;
  /** The latest end. */
  readonly totalUs: number;
  /** By operation. */
  readonly operationEndUs: Float64Array;
};

/** Undefined where ranks enter operations in an order in which they wait for each other for ever. */
export function replayWindow(
  program: WindowProgram,
  gapUs: Float64Array = program.gapUs,
  transferUs: Float64Array = program.transferUs,
): WindowReplay | undefined {
  const run = new Run(program, gapUs, transferUs);
  for (let rank = 0; rank < program.first.length - 1; rank++) run.enter(rank);
  run.drain();
  return run.result();
}

/**
 * Lets the ranks left out begin each step together, when the last of the operations that they shared in the step before has
 * ended. When they came is known by what their own group ended only; `asItWas` puts all groups on one time line.
 */
export function coupled(program: WindowProgram, asItWas: WindowReplay): WindowProgram {
  const { first, step, operation, window } = program;
  const gapUs = program.gapUs.slice();
  const stepEndUs = new Float64Array(program.steps.length);
  const ends = (event: number) => asItWas.operationEndUs[operation[event]!]!;
  const leftOut = Array.from({ length: first.length - 1 - window.ranks.length }, (_, i) => window.ranks.length + i);
  for (const each of leftOut) {
    for (let event = first[each]!; event < first[each + 1]!; event++) {
      stepEndUs[step[event]!] = Math.max(stepEndUs[step[event]!]!, ends(event));
    }
  }
  for (const each of leftOut) {
    for (let event = first[each]! + 1; event < first[each + 1]!; event++) {
      if (step[event] === step[event - 1]) continue;
      gapUs[event] = Math.max(0, ends(event - 1) + gapUs[event]! - stepEndUs[step[event]! - 1]!);
    }
  }
  return { ...program, gapUs, isCoupled: true };
}

class Run {
  readonly #program: WindowProgram;
  readonly #gapUs: Float64Array;
  readonly #transferUs: Float64Array;
  readonly #at: Int32Array;
  readonly #clock: Float64Array;
  readonly #work: Float64Array;
  /** Operations entered and not ended. */
  readonly #open: Int32Array;
  /** By operation: who has not entered, and when the last one did. */
  readonly #missing: Int32Array;
  readonly #lastUs: Float64Array;
  readonly #complete: number[] = [];
  /** Those who speak for ranks left out, and wait for each other at the end of a step. */
  #atBarrier = 0;
  #barrierUs = 0;

  constructor(program: WindowProgram, gapUs: Float64Array, transferUs: Float64Array) {
    const ranks = program.first.length - 1;
    this.#program = program;
    this.#gapUs = gapUs;
    this.#transferUs = transferUs;
    this.#at = program.first.slice(0, ranks);
    this.#clock = new Float64Array(ranks);
    this.#work = new Float64Array(ranks);
    this.#open = new Int32Array(ranks);
    this.#missing = program.members.slice();
    this.#lastUs = new Float64Array(program.members.length);
  }

  /** Works, and enters its next operation with all that it enters before that one ends. */
  enter(rank: number): void {
    const { first, operation, overlaps } = this.#program;
    const end = first[rank + 1]!;
    let us = this.#clock[rank]!;
    let event = this.#at[rank]!;
    if (event === end) return;
    do {
      const gap = this.#gapUs[event]!;
      us += gap;
      if (!overlaps[event]) this.#work[rank]! += gap;
      const entered = operation[event]!;
      if (us > this.#lastUs[entered]!) this.#lastUs[entered] = us;
      this.#open[rank]!++;
      if (--this.#missing[entered]! === 0) this.#complete.push(entered);
      event++;
    } while (event < end && overlaps[event]);
    this.#at[rank] = event;
  }

  drain(): void {
    const { column, window, first, others } = this.#program;
    for (let done = this.#complete.pop(); done !== undefined; done = this.#complete.pop()) {
      const { communicator } = window.operations[column[done % column.length]!]!;
      const end = this.#lastUs[done]! + this.#transferUs[done]!;
      for (const rank of window.communicators[communicator]!.members) {
        if (rank < 0 || first[rank] === first[rank + 1]) continue;
        this.#leave(rank, end);
      }
      if (others[communicator]! >= 0) this.#leave(others[communicator]!, end);
    }
  }

  #leave(rank: number, end: number): void {
    if (end > this.#clock[rank]!) this.#clock[rank] = end;
    if (--this.#open[rank]! > 0) return;
    if (rank >= this.#program.window.ranks.length && this.#hasEndedStep(rank)) this.#pass(rank);
    else this.enter(rank);
  }

  #hasEndedStep(rank: number): boolean {
    const { first, step, isCoupled } = this.#program;
    const at = this.#at[rank]!;
    return isCoupled && at < first[rank + 1]! && step[at] !== step[at - 1];
  }

  /** Ranks left out begin a step when all that they shared of the step before has ended: they depend on each other. */
  #pass(rank: number): void {
    const from = this.#program.window.ranks.length;
    const count = this.#clock.length - from;
    if (this.#clock[rank]! > this.#barrierUs) this.#barrierUs = this.#clock[rank]!;
    if (++this.#atBarrier < count) return;
    this.#atBarrier = 0;
    for (let each = from; each < from + count; each++) {
      this.#clock[each] = this.#barrierUs;
      this.enter(each);
    }
  }

  result(): WindowReplay | undefined {
    const { first, window } = this.#program;
    let totalUs = 0;
    for (const [rank, at] of this.#at.entries()) {
      if (at !== first[rank + 1] || this.#open[rank] !== 0) return undefined;
    }
    const endUs = this.#clock
      .slice(0, window.ranks.length)
      .map((us, rank) => (first[rank] === first[rank + 1] ? Number.NaN : us));
    for (const us of endUs) if (us > totalUs) totalUs = us;
    const operationEndUs = this.#lastUs.map((us, operation) => us + this.#transferUs[operation]!);
    return { endUs, workUs: this.#work, totalUs, operationEndUs };
  }
}
