/**
 * Whether a group that seems slow only waited for a member that nobody heard. All others would wait for it just as they wait
 * for a slow link, so the group alone does not tell; two other things do.
 *
 * - Among many operations some are fast when it is a rank that comes late, since no rank is the last in all of them.
 * - The unheard member meets its mates (tensor and context parallel) all the time, and they are heard: where their group is not
 *   slow it keeps up with them, and arrives elsewhere when they arrive, each in the sister group of its own.
 */
import { medianBySelection } from "../stats/median.ts";
import type { JobWindow, OperationColumn } from "./job-window.ts";

/** Of all columns of a window, as the transfer has them. */
export type ColumnScores = {
  /** Indexes into `operations`. */
  readonly column: Int32Array;
  /** By row: transfer time against the class. */
  readonly score: Float64Array;
  /** Rows of one class. */
  readonly sets: readonly Int32Array[];
};

/** A member is not the last in every operation; in so few of them that it was not, chance may have kept it so. */
const minOperations = 100;
const fastShare = 0.05;

export class UnheardMembers {
  readonly #window: JobWindow;
  readonly #scores: ColumnScores;
  /** Inner groups with an unheard member, by the index of each rank in them; the largest score of each group. */
  readonly #incompleteInner = new Map<number, number[]>();
  readonly #slowest = new Map<number, number>();
  /** Below this a group is not slow. */
  readonly #ratio: number;
  readonly #minSteps: number;

  constructor(window: JobWindow, scores: ColumnScores, ratio: number, minSteps: number) {
    this.#window = window;
    this.#scores = scores;
    this.#ratio = ratio;
    this.#minSteps = minSteps;
    for (const [row, index] of scores.column.entries()) {
      const { communicator } = window.operations[index]!;
      const score = scores.score[row]!;
      if (!(score <= (this.#slowest.get(communicator) ?? 0))) this.#slowest.set(communicator, score);
    }
    for (const [index, { kind, members }] of window.communicators.entries()) {
      if ((kind !== "TP" && kind !== "CP") || !members.includes(-1)) continue;
      for (const rank of members) {
        if (rank < 0) continue;
        const groups = this.#incompleteInner.get(rank);
        if (groups) groups.push(index);
        else this.#incompleteInner.set(rank, [index]);
      }
    }
  }

  /** `normalUs`: what an operation takes in the class of the row. */
  mayBeWaitedFor(row: number, normalUs: number): boolean {
    const operation = this.#window.operations[this.#scores.column[row]!]!;
    return !this.#isAlwaysSlow(operation, normalUs) && !this.#isSlowWithoutThem(row, operation, normalUs);
  }

  /** Where some operations take no longer than the class's median, the link can do that, and the others waited for somebody. */
  #isAlwaysSlow(operation: OperationColumn, normalUs: number): boolean {
    let operations = 0;
    let fast = 0;
    for (let at = 0; at < this.#window.steps * operation.slots; at++) {
      const us = this.#shortest(operation, at);
      if (us === Number.POSITIVE_INFINITY) continue;
      operations++;
      if (us <= normalUs) fast++;
    }
    return operations >= minOperations && fast <= fastShare * operations;
  }

  /** In the steps in which the mates of all unheard members were not the last in their own groups. */
  #isSlowWithoutThem(row: number, operation: OperationColumn, normalUs: number): boolean {
    const { steps, communicators } = this.#window;
    const sisters = this.#sisters(row);
    const mates: Mate[][] = [];
    for (const [place, rank] of communicators[operation.communicator]!.members.entries()) {
      if (rank >= 0) continue;
      const found = this.#mates(sisters, place);
      if (found.length === 0) return false;
      mates.push(found);
    }
    const buffer = new Float64Array(steps * operation.slots);
    let n = 0;
    for (let at = 0; at < buffer.length; at++) {
      const us = this.#shortest(operation, at);
      if (us === Number.POSITIVE_INFINITY) continue;
      if (mates.every((ofOne) => this.#wait(ofOne, at) > 0)) buffer[n++] = us;
    }
    return n >= this.#minSteps * operation.slots && medianBySelection(buffer, n) >= this.#ratio * normalUs;
  }

  /** Columns of the same class, the row's own left out. */
  #sisters(row: number): OperationColumn[] {
    const set = this.#scores.sets.find((rows) => rows.includes(row)) ?? new Int32Array(0);
    return Array.from(
      set.filter((other) => other !== row),
      (other) => this.#window.operations[this.#scores.column[other]!]!,
    );
  }

  /** Who stands at the unheard member's place in a sister group and shares an inner group with it, none of them slow. */
  #mates(sisters: readonly OperationColumn[], place: number): Mate[] {
    const { communicators } = this.#window;
    const mates: Mate[] = [];
    for (const operation of sisters) {
      const rank = communicators[operation.communicator]!.members[place]!;
      // The sister itself is no place to meet the unheard member of another group.
      const groups = (this.#incompleteInner.get(rank) ?? []).filter((group) => group !== operation.communicator);
      if (groups.length === 0) continue;
      if (!groups.every((group) => this.#slowest.get(group)! < this.#ratio)) return [];
      mates.push({ operation, place });
    }
    return mates;
  }

  /** Microseconds that the mates waited in the middle; NaN where none was heard. */
  #wait(mates: readonly Mate[], at: number): number {
    const waits = new Float64Array(mates.length);
    let n = 0;
    for (const { operation, place } of mates) {
      const { members } = this.#window.communicators[operation.communicator]!;
      const us = operation.exec[at * members.length + place]! / operation.perSlot - this.#shortest(operation, at);
      if (!Number.isNaN(us)) waits[n++] = us;
    }
    return medianBySelection(waits, n);
  }

  /** Of one operation among the members heard, microseconds; infinity where there were none. */
  #shortest({ communicator, exec, perSlot }: OperationColumn, at: number): number {
    const { members } = this.#window.communicators[communicator]!;
    let shortest = Number.POSITIVE_INFINITY;
    for (let member = 0; member < members.length; member++) {
      const us = exec[at * members.length + member]!;
      if (us < shortest && members[member]! >= 0) shortest = us;
    }
    return shortest / perSlot;
  }
}

/** A column and a place in its communicator. */
type Mate = { readonly operation: OperationColumn; readonly place: number };
