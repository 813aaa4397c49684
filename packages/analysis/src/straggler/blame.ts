/**
 * Inherited delay walked back: the last arriver may only have waited longest elsewhere. Its wait points to
 * another rank, and so on, until one that is slow itself or that waited for nobody.
 */
import type { JobWindow } from "./job-window.ts";
import type { WaitLink, WorstStep } from "./judgement.ts";
import type { Waiting } from "./waiting.ts";

/** Groups cross in three or four dimensions; a longer walk goes in circles. */
const maxHops = 16;

/** Of a rank's delay, this share must be explained by its own wait for the blame to move on. */
const inheritedShare = 0.5;

/** GPU-seconds waited because of each rank. They add up to all waiting: blame is moved, never made. */
export function blamedWaste(window: JobWindow, waiting: Waiting, isCause: Uint8Array): Float64Array {
  const blamed = new Float64Array(window.ranks.length);
  for (let rank = 0; rank < window.ranks.length; rank++) {
    for (let step = 0; step < window.steps; step++) {
      const caused = waiting.caused[rank * window.steps + step]!;
      if (caused > 0) blamed[origin(window, waiting, isCause, rank, step)]! += caused / 1e6;
    }
  }
  return blamed;
}

/** Whose delay a rank passed on in a step: the rank itself, when the walk meets none that is known to be slow. */
function origin(window: JobWindow, waiting: Waiting, isCause: Uint8Array, rank: number, step: number): number {
  let at = rank;
  for (let hop = 0; hop < maxHops && !isCause[at]; hop++) {
    const cell = at * window.steps + step;
    const next = waiting.waitedFor[cell]!;
    if (next < 0 || waiting.waitedForUs[cell]! < inheritedShare * waiting.lateUs[cell]!) return rank;
    at = next;
  }
  return isCause[at] ? at : rank;
}

/** The longest step of the window and who waited for whom in it; undefined where no step time is known. */
export function worstStep(window: JobWindow, waiting: Waiting, stepUs: Float64Array): WorstStep | undefined {
  let worst = -1;
  for (let step = 0; step < window.steps; step++) {
    if (!(stepUs[step]! <= (worst < 0 ? Number.NEGATIVE_INFINITY : stepUs[worst]!))) {
      if (Number.isFinite(stepUs[step]!)) worst = step;
    }
  }
  if (worst < 0) return undefined;
  return {
    step: window.firstStep + worst,
    stepTimeUs: stepUs[worst]!,
    chain: waitChain(window, waiting, worst),
  };
}

function waitChain(window: JobWindow, waiting: Waiting, step: number): WaitLink[] {
  let at = -1;
  let longest = 0;
  for (let rank = 0; rank < window.ranks.length; rank++) {
    const us = waiting.waitedForUs[rank * window.steps + step]!;
    if (us > longest) {
      longest = us;
      at = rank;
    }
  }
  const chain: WaitLink[] = [];
  const seen = new Set<number>();
  while (at >= 0 && !seen.has(at) && chain.length < maxHops) {
    seen.add(at);
    const cell = at * window.steps + step;
    const next = waiting.waitedFor[cell]!;
    const us = waiting.waitedForUs[cell]!;
    // A wait far shorter than the delay passed on does not explain it: here the walk has arrived.
    if (next < 0 || us < inheritedShare * (chain.at(-1)?.us ?? 0)) break;
    const column = window.operations[waiting.waitedIn[cell]!]!;
    chain.push({
      rank: window.ranks[at]!.rank,
      waitedFor: window.ranks[next]!.rank,
      communicator: window.communicators[column.communicator]!.id,
      collective: column.collective,
      us,
    });
    at = next;
  }
  return chain;
}
