/**
 * Who was late, who waited, and for whom: operation by operation, before anything is summed (two ranks that are late in turn
 * vanish from a sum). Durations only, each on one rank's own clock.
 */
import { madSigma, medianError, medianOfPrefix, sortPrefix } from "../stats/median.ts";
import type { JobWindow } from "./job-window.ts";
import { sampledSlots } from "./sampled-slots.ts";
import { showsLateness } from "./valid-duration.ts";

/** By rank, of the groups of one sort: the one in which it is latest. */
export type Lateness = {
  /** Median over the steps of how much later than the others it came, a share of the step; NaN where no group shows it. */
  readonly share: Float64Array;
  /** What of it is certain: as many standard errors less as the sort of group asks. */
  readonly sure: Float64Array;
  /** That group, an index into `communicators`; -1 where there is none. */
  readonly group: Int32Array;
};

export type Waiting = {
  /** In groups that meet many times in a step, on equal data: TP, CP, EP. A rank is late there by its own doing. */
  readonly inner: Lateness;
  /** In groups across replicas: a rank comes late there for all that its replica is late for. */
  readonly outer: Lateness;
  /** [rank * steps + step], microseconds: how much later than the others, in the group where that is most; 0 where never later. */
  readonly lateUs: Float64Array;
  /** [rank * steps + step], microseconds: waited by this rank; waited by others for it as the last arriver. */
  readonly waited: Float64Array;
  readonly caused: Float64Array;
  /** [rank * steps + step]: for whom it waited most (rank index, -1 for nobody), in which operations, and how long. */
  readonly waitedFor: Int32Array;
  readonly waitedIn: Int32Array;
  readonly waitedForUs: Float64Array;
};

/** Standard errors: among many arrivals of a step an own delay shows sharply, behind a whole replica's it does not. */
const innerCertainty = 2;
const outerCertainty = 1;

export function waitingOf(window: JobWindow, stepUs: Float64Array): Waiting {
  const ranks = window.ranks.length;
  const cells = ranks * window.steps;
  const waiting: Waiting = {
    inner: noLateness(ranks),
    outer: noLateness(ranks),
    lateUs: new Float64Array(cells),
    waited: new Float64Array(cells),
    caused: new Float64Array(cells),
    waitedFor: new Int32Array(cells).fill(-1),
    waitedIn: new Int32Array(cells).fill(-1),
    waitedForUs: new Float64Array(cells),
  };
  for (const [communicator, columns] of columnsByCommunicator(window)) {
    const { members } = window.communicators[communicator]!;
    const late = new Float64Array(members.length * window.steps).fill(Number.NaN);
    const scratch = new Scratch(members);
    for (const index of columns) addColumn(window, index, late, scratch, waiting);
    addLateness(window, communicator, late, stepUs, waiting);
  }
  return waiting;
}

function noLateness(ranks: number): Lateness {
  const unknown = () => new Float64Array(ranks).fill(Number.NaN);
  return { share: unknown(), sure: unknown(), group: new Int32Array(ranks).fill(-1) };
}

/** `late`: [member * steps + step], microseconds. */
function addLateness(
  window: JobWindow,
  communicator: number,
  late: Float64Array,
  stepUs: Float64Array,
  waiting: Waiting,
): void {
  const { members, kind } = window.communicators[communicator]!;
  const isInner = kind === "TP" || kind === "CP" || kind === "EP";
  const latest = isInner ? waiting.inner : waiting.outer;
  const certainty = isInner ? innerCertainty : outerCertainty;
  const share = new Float64Array(window.steps);
  for (let member = 0; member < members.length; member++) {
    const rank = members[member]!;
    if (rank < 0) continue;
    let n = 0;
    for (let step = 0; step < window.steps; step++) {
      const us = late[member * window.steps + step]!;
      const cell = rank * window.steps + step;
      if (us > waiting.lateUs[cell]!) waiting.lateUs[cell] = us;
      const value = us / stepUs[step]!;
      if (Number.isFinite(value)) share[n++] = value;
    }
    if (n < window.steps / 2) continue;
    const middle = medianOfPrefix(share, n);
    // NaN compares false: the first group that shows anything is taken.
    if (middle <= latest.sure[rank]!) continue;
    const sure = middle - (certainty * medianError * madSigma(share.subarray(0, n), middle)) / Math.sqrt(n);
    if (sure <= latest.sure[rank]!) continue;
    latest.sure[rank] = sure;
    latest.share[rank] = middle;
    latest.group[rank] = communicator;
  }
}

/** The group of either sort in which a rank is latest; -1 where none shows it. */
export function latestGroup({ inner, outer }: Waiting, rank: number): number {
  return outer.share[rank]! > inner.share[rank]! || inner.group[rank]! < 0 ? outer.group[rank]! : inner.group[rank]!;
}

/** By rank, in that group. */
export function latenessShare({ inner, outer }: Waiting): Float64Array {
  return inner.share.map((share, rank) =>
    outer.share[rank]! > share || Number.isNaN(share) ? outer.share[rank]! : share,
  );
}

function columnsByCommunicator(window: JobWindow): Map<number, number[]> {
  const columns = new Map<number, number[]>();
  for (const [index, column] of window.operations.entries()) {
    if (!showsLateness(column)) continue;
    const found = columns.get(column.communicator);
    if (found) found.push(index);
    else columns.set(column.communicator, [index]);
  }
  return columns;
}

/** Buffers of one communicator, used again for each of its operations; by member, those that were heard only. */
class Scratch {
  /** Places in the communicator. */
  readonly heard: Int32Array;
  /** Of one operation, those with a duration: places, durations, and these sorted. */
  readonly places: Int32Array;
  readonly us: Float64Array;
  readonly sorted: Float64Array;
  /** Of one step, by place. */
  readonly late: Float64Array;
  readonly waited: Float64Array;
  readonly caused: Float64Array;

  constructor(members: Int32Array) {
    this.heard = Int32Array.from(members.keys()).filter((member) => members[member]! >= 0);
    this.places = new Int32Array(members.length);
    const numbers = () => new Float64Array(members.length);
    this.us = numbers();
    this.sorted = numbers();
    this.late = numbers();
    this.waited = numbers();
    this.caused = numbers();
  }
}

function addColumn(window: JobWindow, index: number, late: Float64Array, scratch: Scratch, waiting: Waiting): void {
  const column = window.operations[index]!;
  const { members } = window.communicators[column.communicator]!;
  const sampled = new Int32Array(maxSlots);
  for (let step = 0; step < window.steps; step++) {
    scratch.late.fill(Number.NaN);
    scratch.waited.fill(0);
    scratch.caused.fill(0);
    const count = sampledSlots(column.slots, maxSlots, step, sampled);
    for (let at = 0; at < count; at++) {
      addOperation(column.exec, (step * column.slots + sampled[at]!) * members.length, scratch);
    }
    const each = column.slots / count;
    for (const member of scratch.heard) {
      scratch.waited[member]! *= each;
      scratch.caused[member]! *= each;
      const us = scratch.late[member]! * each;
      const cell = member * window.steps + step;
      if (!Number.isNaN(us)) late[cell] = Number.isNaN(late[cell]!) ? us : late[cell]! + us;
    }
    addStep(members, index, scratch, step, window.steps, waiting);
  }
}

/** Of each step; the sums are those of all. Jitter of arrivals cancels over so many, and a window of thousands of ranks takes half of the time. */
const maxSlots = 32;

/** Up to here values are sorted one by one as they are read. */
const insertUpTo = 40;

/**
 * Lateness is counted against the median of the others, not their longest duration, and with its sign: over the many
 * operations of a step the jitter of arrivals then cancels, where a maximum would make every rank late by some. This runs
 * for each duration of a window, five million in a large one: hence the loops by hand.
 */
function addOperation(exec: Float32Array, base: number, scratch: Scratch): void {
  const { heard, places, us, sorted, late, waited, caused } = scratch;
  const inserts = heard.length <= insertUpTo;
  let n = 0;
  for (let i = 0; i < heard.length; i++) {
    const member = heard[i]!;
    const own = exec[base + member]!;
    if (Number.isNaN(own)) continue;
    let at = n;
    if (inserts) for (; at > 0 && sorted[at - 1]! > own; at--) sorted[at] = sorted[at - 1]!;
    sorted[at] = own;
    places[n] = member;
    us[n++] = own;
  }
  if (n < 2) return;
  if (!inserts) sortPrefix(sorted, n);
  const shortest = sorted[0]!;
  // The median of the others is one or two of the three middle values, by the side on which the member's own stands.
  const half = (n - 1) >> 1;
  const middle = sorted[half]!;
  const above = sorted[half + 1]!;
  const below = n % 2 === 0 ? Number.NaN : sorted[half - 1]!;
  let total = 0;
  let last = -1;
  for (let i = 0; i < n; i++) {
    const member = places[i]!;
    const own = us[i]!;
    let others = middle < own ? middle : above;
    if (n % 2 === 1) others = (others + (below < own ? below : middle)) / 2;
    const before = late[member]!;
    late[member] = Number.isNaN(before) ? others - own : before + others - own;
    waited[member]! += own - shortest;
    total += own - shortest;
    if (last < 0 && own === shortest) last = member;
  }
  caused[last]! += total;
}

function addStep(
  members: Int32Array,
  index: number,
  { waited, caused }: Scratch,
  step: number,
  steps: number,
  waiting: Waiting,
): void {
  let culprit = -1;
  let most = 0;
  for (let member = 0; member < members.length; member++) {
    if (caused[member]! > most) {
      most = caused[member]!;
      culprit = member;
    }
  }
  for (let member = 0; member < members.length; member++) {
    const rank = members[member]!;
    if (rank < 0) continue;
    const cell = rank * steps + step;
    waiting.waited[cell]! += waited[member]!;
    waiting.caused[cell]! += caused[member]!;
    if (member === culprit || waited[member]! <= waiting.waitedForUs[cell]!) continue;
    waiting.waitedForUs[cell] = waited[member]!;
    waiting.waitedFor[cell] = members[culprit]!;
    waiting.waitedIn[cell] = index;
  }
}
