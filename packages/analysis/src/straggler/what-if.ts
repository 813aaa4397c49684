/**
 * What a cause costs: the window is run again without it, everything else as it was (after the what-if analysis of Lin et al.,
 * OSDI 2025). The excess of a slow rank is not what the step is longer by: its mates' own noise hides some of it, and what a
 * pipeline has slack for is never waited for.
 */

import { isSmall, type WindowProgram, windowProgram } from "../replay/window-program.ts";
import { coupled, replayWindow, type WindowReplay } from "../replay/window-replay.ts";
import { medianBySelection } from "../stats/median.ts";
import type { JobWindow } from "./job-window.ts";
import type { Roles } from "./roles.ts";
import type { Transfer } from "./transfer.ts";
import type { Span } from "./trouble-span.ts";

export type Cost = {
  /** Step time against the step time without the cause. */
  readonly slowdown: number;
  /** What the ranks that are not to blame spent longer in operations, in the whole window. */
  readonly wasteGpuSeconds: number;
};

/** The window run again as it was must come out as long as it was recorded; else there is more to it than its operations. */
const maxDeviation = 0.15;

/** Events run in one judgement, so that many findings in a large job do not take for ever. */
const maxEvents = 3_000_000;

/** Neither where it cannot be run, or does not come out as it was recorded. */
type Built = { readonly program?: WindowProgram; readonly asItWas?: WindowReplay };

export class WhatIf {
  readonly #window: JobWindow;
  readonly #roles: Roles;
  readonly #transfer: Transfer;
  readonly #jobStep: Float64Array;
  /** Of the whole job. */
  #all: Built | undefined;
  #normal: Float64Array | undefined;
  #eventsLeft = maxEvents;

  /** `jobStep`: microseconds by step. */
  constructor(window: JobWindow, roles: Roles, transfer: Transfer, jobStep: Float64Array) {
    this.#window = window;
    this.#roles = roles;
    this.#transfer = transfer;
    this.#jobStep = jobStep;
  }

  /**
   * Ranks that are slower than they should be: by rank index, how many times in each step. Undefined where the window cannot be
   * run again.
   */
  ofRanks(slower: ReadonlyMap<number, Float64Array>): Cost | undefined {
    return this.#without(slower, this.#concerned(slower), (program) => {
      const gapUs = program.gapUs.slice();
      const mates = byKey(
        program,
        (rank) => this.#roles.replica[rank]! * this.#roles.stages + this.#roles.stage[rank]!,
      );
      for (const [rank, ratio] of slower) {
        const others = (mates.find((group) => group.includes(rank)) ?? []).filter((mate) => !slower.has(mate));
        asItsMates(program, gapUs, rank, others, ratio);
      }
      return { gapUs };
    });
  }

  /** Rows of the transfer that take longer than their class, in the steps of the span. */
  ofLink(rows: readonly number[], { first, last }: Span): Cost | undefined {
    const ratio = new Map(rows.map((row) => [this.#transfer.column[row]!, this.#transfer.rows[row]!.score]));
    return this.#without(new Map(), undefined, ({ transferUs, column, steps }) => {
      const changed = transferUs.map((us, at) => {
        const step = steps[Math.floor(at / column.length)]!;
        return step < first || step > last ? us : us / (ratio.get(column[at % column.length]!) ?? 1);
      });
      return { transferUs: changed };
    });
  }

  /** Uneven batches: all replicas with equal work at each place of the step, and each rank's own noise left as it is. */
  ofUnevenWork(): Cost | undefined {
    return this.#without(new Map(), undefined, (program) => ({ gapUs: evenWork(program, this.#roles) }));
  }

  #without(
    guilty: ReadonlyMap<number, unknown>,
    included: Uint8Array | undefined,
    changed: (program: WindowProgram) => { readonly gapUs?: Float64Array; readonly transferUs?: Float64Array },
  ): Cost | undefined {
    const { program, asItWas: before } = this.#built(included);
    if (!program || !before || this.#eventsLeft < program.operation.length) return undefined;
    this.#eventsLeft -= program.operation.length;
    const { gapUs, transferUs } = changed(program);
    const after = replayWindow(program, gapUs, transferUs);
    if (!after) return undefined;
    let us = 0;
    let counted = 0;
    let innocent = unheardRanks(this.#window);
    for (const [rank, end] of before.endUs.entries()) {
      if (guilty.has(rank)) continue;
      innocent++;
      if (Number.isNaN(end)) continue;
      counted++;
      us += end - before.workUs[rank]! - (after.endUs[rank]! - after.workUs[rank]!);
    }
    // Ranks that were not heard wait like the others.
    const share = (this.#window.steps / program.steps.length) * (innocent / Math.max(1, counted));
    return {
      slowdown: Math.max(1, before.totalUs / after.totalUs),
      wasteGpuSeconds: Math.max(0, (us * share) / 1e6),
    };
  }

  /** In a large job their replicas alone, so that all steps can be run; undefined where these would be no fewer ranks. */
  #concerned(slower: ReadonlyMap<number, unknown>): Uint8Array | undefined {
    if (isSmall(this.#window)) return undefined;
    const replicas = new Set([...slower.keys()].map((rank) => this.#roles.replica[rank]!));
    const included = Uint8Array.from(this.#roles.replica, (replica) => (replicas.has(replica) ? 1 : 0));
    return 2 * included.reduce((n, one) => n + one, 0) < included.length ? included : undefined;
  }

  #built(included: Uint8Array | undefined): Built {
    if (included) return this.#build(included);
    this.#all ??= this.#build();
    return this.#all;
  }

  #build(included?: Uint8Array): Built {
    this.#normal ??= this.#normalUs();
    let program = windowProgram(this.#window, { normalUs: this.#normal, ...(included ? { included } : {}) });
    if (!program || this.#eventsLeft < program.operation.length) return {};
    this.#eventsLeft -= program.operation.length;
    let asItWas = replayWindow(program);
    if (included && asItWas) {
      program = coupled(program, asItWas);
      asItWas = replayWindow(program);
    }
    if (!asItWas) return {};
    const recorded = program.steps.reduce((sum, step) => sum + this.#jobStep[step]!, 0);
    return Math.abs(asItWas.totalUs / recorded - 1) <= maxDeviation ? { program, asItWas } : {};
  }

  /** By column, for groups with an unheard member: what an operation takes in them as far as that is known, else in their class. */
  #normalUs(): Float64Array {
    const { column, rows, normalUs, judged, doubtful } = this.#transfer;
    const normal = new Float64Array(this.#window.operations.length).fill(Number.NaN);
    for (const [row, index] of column.entries()) {
      normal[index] = judged[row] && !doubtful[row] ? rows[row]!.transferUs : normalUs[row]!;
    }
    return normal;
  }
}

/**
 * The work of a rank as its mates did it on the same batch: where in the step it lost its time counts as well. Without mates
 * its step is shortened as a whole.
 */
function asItsMates(
  program: WindowProgram,
  gapUs: Float64Array,
  rank: number,
  others: readonly number[],
  ratio: Float64Array,
): void {
  const { first, step, steps } = program;
  const mates = others.filter((mate) => eventsOf(program, mate) === eventsOf(program, rank));
  const buffer = new Float64Array(mates.length);
  for (let i = 0; i < eventsOf(program, rank); i++) {
    const event = first[rank]! + i;
    if (mates.length === 0) {
      gapUs[event]! /= ratio[steps[step[event]!]!]!;
      continue;
    }
    for (const [k, mate] of mates.entries()) buffer[k] = program.gapUs[first[mate]! + i]!;
    gapUs[event] = medianBySelection(buffer, mates.length);
  }
}

/**
 * Work before the same operation of the same step, in the middle of the ranks that work on one batch, against all of the
 * stage: that is the batch's share. Where replicas are single ranks, the whole step's is taken: parts of it have too much noise.
 */
function evenWork(program: WindowProgram, roles: Roles): Float64Array {
  const { gapUs } = program;
  const result = gapUs.slice();
  for (const stage of byKey(program, (rank) => roles.stage[rank]!)) {
    const mates = byKey(program, (rank) => roles.replica[rank]!, stage);
    const perRank = eventsOf(program, stage[0]!);
    const alike = stage.filter((rank) => eventsOf(program, rank) === perRank);
    const steps = program.steps.length;
    const single = mates.every((group) => group.length === 1);
    const places = single ? steps : perRank;
    const width = perRank / places;
    const buffer = new Float64Array(alike.length);
    const at = (rank: number, place: number) => {
      const from = program.first[rank]! + place * width;
      let us = 0;
      for (let event = from; event < from + width; event++) us += gapUs[event]!;
      return us;
    };
    const middle = (ranks: readonly number[], place: number) => {
      for (const [i, rank] of ranks.entries()) buffer[i] = at(rank, place);
      return medianBySelection(buffer, ranks.length);
    };
    const groups = mates.map((ranks) => ranks.filter((rank) => eventsOf(program, rank) === perRank));
    for (let place = 0; place < places; place++) {
      const all = middle(alike, place);
      for (const ranks of groups) {
        if (ranks.length === 0) continue;
        const factor = middle(ranks, place) / all;
        if (!(factor > 0) || factor === Number.POSITIVE_INFINITY) continue;
        for (const rank of ranks) {
          const from = program.first[rank]! + place * width;
          for (let event = from; event < from + width; event++) result[event]! /= factor;
        }
      }
    }
  }
  return result;
}

/** Each rank is in one tensor and one data-parallel group at most, so the places unheard in either sort are as many ranks. */
function unheardRanks({ communicators }: JobWindow): number {
  const places = { TP: 0, DP: 0 };
  for (const { kind, members } of communicators) {
    if (kind !== "TP" && kind !== "DP") continue;
    for (const rank of members) if (rank < 0) places[kind]++;
  }
  return Math.max(places.TP, places.DP);
}

function eventsOf({ first }: WindowProgram, rank: number): number {
  return first[rank + 1]! - first[rank]!;
}

/** Ranks that run, by a key of theirs. */
function byKey(program: WindowProgram, key: (rank: number) => number, ranks?: readonly number[]): number[][] {
  const sets = new Map<number, number[]>();
  for (const rank of ranks ?? program.window.ranks.keys()) {
    if (eventsOf(program, rank) === 0) continue;
    const set = sets.get(key(rank));
    if (set) set.push(rank);
    else sets.set(key(rank), [rank]);
  }
  return [...sets.values()];
}
