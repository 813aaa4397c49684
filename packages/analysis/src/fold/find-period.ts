/** Finds the step of a process in the sequence of its operations, and how each of its streams repeats with it. */
import { gapVectors, likeness, periodsToTry } from "./gap-vectors.ts";
import type { History } from "./history.ts";
import type { OperationStream, Rhythm } from "./operation-stream.ts";

export type Period = {
  /** Index into the history's streams: its last operation of each step ends the step. */
  readonly anchor: number;
  /** By stream; undefined for those that are not in every step. */
  readonly rhythms: readonly (Rhythm | undefined)[];
  /** Steps that the history holds. */
  readonly repeats: number;
};

/** A sequence that repeats less than this much of its operations has no period. */
const minLikeness = 0.9;
/** Sizes repeat exactly, or the period is a part of the step: many equal buckets of gradients and a last, smaller one. */
const sizeSlack = 0.002;
/** For a longer period to be told from evaluations at regular intervals. */
const sizeRepeats = 5;
/** Share of all bytes below which a stream is bookkeeping (a loss to log, a barrier) that may have a beat of its own. */
const minByteShare = 0.001;
const minSteady = 0.75;
/** Boundaries whose phases decide. */
const phaseVotes = 8;

const moving = new Set(["AllReduce", "ReduceScatter", "AllGather", "AllToAll", "Send", "Recv"]);
const bookkeeping = new Set(["Barrier", "Broadcast", "Reduce", "Gather", "Scatter"]);

/** undefined where nothing repeats at least `minRepeats` times. */
export function findPeriod(history: History, minRepeats: number): Period | undefined {
  const counts = new Int32Array(history.streams.length);
  for (const stream of history.stream) counts[stream]!++;
  const rarestFirst = [...counts.keys()].filter((i) => counts[i]! >= minRepeats);
  const { lossy } = history;
  rarestFirst.sort(
    (a, b) =>
      lossy[a]! - lossy[b]! || counts[a]! - counts[b]! || compareStreams(history.streams[a]!, history.streams[b]!),
  );
  const shares = byteShares(history);
  const working = rarestFirst.filter((i) => isWork(history.streams[i]!, shares[i]!));
  for (const stream of working.length > 0 ? working : rarestFirst) {
    const period = shortestPeriod(history, stream, minRepeats);
    if (period !== undefined) return rhythmOf(history, stream, period, minRepeats);
  }
  return undefined;
}

/** Whether its operations can make a step: a beat that only barriers and logged numbers have is not the job's. */
export function isWork(stream: OperationStream, byteShare: number): boolean {
  const { collective } = stream.identity;
  return !bookkeeping.has(collective) && !(byteShare < minByteShare);
}

/**
 * Whether a stream that does real work has lately come, but too seldom to say how often it does: gradients after very many
 * micro-batches. The period that the others have may then be a part of the step only.
 */
export function hasRareWork(history: History, minRepeats: number): boolean {
  const counts = new Int32Array(history.streams.length);
  const last = new Int32Array(history.streams.length);
  for (const [n, stream] of history.stream.entries()) {
    counts[stream]!++;
    last[stream] = n;
  }
  const shares = byteShares(history);
  return history.streams.some(
    (stream, i) =>
      counts[i]! > 0 && counts[i]! < minRepeats && last[i]! * 2 >= history.stream.length && isWork(stream, shares[i]!),
  );
}

/** NaN where bytes are not told. */
function byteShares(history: History): Float64Array {
  const bytes = new Float64Array(history.streams.length);
  let all = 0;
  for (const [n, stream] of history.stream.entries()) {
    bytes[stream]! += history.bytes[n]!;
    if (history.bytes[n]! > 0) all += history.bytes[n]!;
  }
  return bytes.map((sum) => sum / all);
}

/**
 * In operations of that stream. The shortest that most operations agree with: a longer one would agree better wherever
 * evaluations come at regular intervals.
 */
function shortestPeriod(history: History, stream: number, minRepeats: number): number | undefined {
  const vectors = gapVectors(history, stream);
  const found = periodsToTry(vectors, minRepeats - 1).map((period) => ({ period, ...likeness(vectors, period) }));
  const alike = found.filter(({ counts }) => counts >= minLikeness);
  const proven = alike.filter(({ period }, i) => i === 0 || period * sizeRepeats < vectors.gaps);
  const sizes = proven.reduce((most, one) => Math.max(most, one.sizes), 0);
  return proven.find((one) => one.sizes >= sizes - sizeSlack && sizes > 0)?.period ?? alike[0]?.period;
}

/** Every `period`-th operation of `marker` ends a step; the streams that advance alike in most of them are the period's. */
function rhythmOf(history: History, marker: number, period: number, minRepeats: number): Period | undefined {
  const marks = boundariesOf(history, marker, period);
  if (marks.length < minRepeats) return undefined;
  const bounds = seqBounds(history, marks);
  const regular = history.streams.map((_, i) => regularAdvance(history, bounds, i));
  const anchor = anchorOf(history, regular);
  if (anchor < 0 || (Number.isNaN(history.spanUs) && !isSteady(bounds, regular))) return undefined;
  const { advance } = regular[anchor]!;
  const steps = stepBounds(history, anchor, advance, regular[anchor]!.count);
  const rhythms = regular.map((found, i) => found && phased(found, steps, i, history.lossy[i] === 1));
  rhythms[anchor] = { ...regular[anchor]!, phase: 0, tolerance: 0 };
  return { anchor, rhythms, repeats: marks.length };
}

type Advance = { readonly advance: number; readonly count: number };
type Bounds = {
  readonly step: readonly number[];
  /** By boundary and stream: one more than the last number heard up to there, operations heard, and holes among them. */
  readonly seq: readonly Float64Array[];
  readonly count: readonly Float64Array[];
  readonly holes: readonly Float64Array[];
};

/** Places in the history of the marker's every `period`-th operation, counted by its place, as sequence numbers may be shared. */
function boundariesOf(history: History, marker: number, period: number): number[] {
  const marks: number[] = [];
  let n = 0;
  for (const [place, stream] of history.stream.entries())
    if (stream === marker && n++ % period === 0) marks.push(place);
  return marks;
}

function seqBounds(history: History, marks: readonly number[], step: readonly number[] = []): Bounds {
  const seqNow = new Float64Array(history.streams.length).fill(Number.NaN);
  const countNow = new Float64Array(history.streams.length);
  const seq: Float64Array[] = [];
  const count: Float64Array[] = [];
  const holesNow = new Float64Array(history.streams.length);
  const holes: Float64Array[] = [];
  let n = 0;
  for (const mark of marks) {
    for (; n <= mark; n++) {
      const stream = history.stream[n]!;
      seqNow[stream] = history.seq[n]! + 1;
      countNow[stream]!++;
      holesNow[stream]! += history.hole[n]!;
    }
    holes.push(holesNow.slice());
    seq.push(seqNow.slice());
    count.push(countNow.slice());
  }
  return { step, seq, count, holes };
}

/** undefined where it stands still in most steps, or does not move alike in half of them. */
function regularAdvance(history: History, bounds: Bounds, stream: number): Advance | undefined {
  const advances: number[] = [];
  const counts: number[] = [];
  for (let mark = 1; mark < bounds.seq.length; mark++) {
    const count = bounds.count[mark]![stream]! - bounds.count[mark - 1]![stream]!;
    // Between holes only, and where it was lost at both ends it may seem to stand still.
    const lost = bounds.holes[mark]![stream]! > bounds.holes[mark - 1]![stream]!;
    if (lost || (history.lossy[stream] === 1 && count === 0)) continue;
    counts.push(count);
    const before = bounds.seq[mark - 1]![stream]!;
    advances.push(Number.isNaN(before) ? count : bounds.seq[mark]![stream]! - before);
  }
  const lossy = history.lossy[stream] === 1;
  const count = lossy ? mostOften(counts) : middle(counts);
  const advance = lossy ? mostOften(advances) : middle(advances);
  if (!(count > 0) || !(advance > 0)) return undefined;
  const near = counts.filter((value) => isNear(value, count)).length;
  return lossy || near * 2 >= counts.length ? { advance, count } : undefined;
}

/** Up to an eighth: communicators that overlap pass each other at the end of a step. */
function isNear(found: number, usual: number): boolean {
  return Math.abs(found - usual) <= Math.max(1, usual / 8);
}

/**
 * Whether most steps have the usual number of everything. Not so where undated operations come communicator by
 * communicator: what looks like a period then is that of the dumps.
 */
function isSteady({ count }: Bounds, regular: readonly (Advance | undefined)[]): boolean {
  let steady = 0;
  for (let mark = 1; mark < count.length; mark++) {
    const usual = regular.every(
      (found, i) => found === undefined || isNear(count[mark]![i]! - count[mark - 1]![i]!, found.count),
    );
    if (usual) steady++;
  }
  return steady >= (count.length - 1) * minSteady;
}

/**
 * Of the streams with the fewest operations the one that closes the step: after which the others work longest before the
 * next of these comes. Then by size of the communicator and a fixed order.
 */
function anchorOf(history: History, regular: readonly (Advance | undefined)[]): number {
  let fewest = Number.POSITIVE_INFINITY;
  for (const [i, found] of regular.entries()) fewest = Math.min(fewest, rarity(history.streams[i]!, found));
  if (fewest === Number.POSITIVE_INFINITY) return -1;
  const rare = regular.map((found, i) => rarity(history.streams[i]!, found) === fewest);
  const work = new Float64Array(regular.length);
  let last = -1;
  let since = 0;
  for (const stream of history.stream) {
    if (!rare[stream]) {
      since++;
      continue;
    }
    if (last >= 0) work[last]! += since;
    last = stream;
    since = 0;
  }
  const rarest = [...regular.keys()].filter((i) => rare[i]);
  const most = rarest.reduce((max, i) => Math.max(max, work[i]!), 0);
  // Nearly the same work behind several: they pass each other, and the order has to be one that does not change.
  const closing = rarest.filter((i) => work[i]! >= most * 0.75);
  return closing.sort((a, b) => compareStreams(history.streams[a]!, history.streams[b]!))[0]!;
}

/** Sends and receives come last: their sequence numbers may be shared between peers. */
function rarity({ identity }: OperationStream, found: Advance | undefined): number {
  if (found === undefined) return Number.POSITIVE_INFINITY;
  return identity.peer === undefined ? found.advance : found.advance + 2 ** 32;
}

const order = [...moving, ...bookkeeping];

function compareStreams(a: OperationStream, b: OperationStream): number {
  const place = ({ identity }: OperationStream) => {
    const at = order.indexOf(identity.collective);
    return at < 0 ? order.length : at;
  };
  if (a.identity.size !== b.identity.size) return b.identity.size - a.identity.size;
  if (place(a) !== place(b)) return place(a) - place(b);
  const nameA = `${a.identity.collective} ${a.identity.communicator} ${a.identity.peer}`;
  const nameB = `${b.identity.collective} ${b.identity.communicator} ${b.identity.peer}`;
  return nameA < nameB ? -1 : nameA > nameB ? 1 : 0;
}

/** Where the steps end: at the last operation that the anchor has in each. */
function stepBounds(history: History, anchor: number, advance: number, count: number): Bounds {
  const marks: number[] = [];
  const steps: number[] = [];
  let held = 0;
  for (const [place, stream] of history.stream.entries()) {
    if (stream !== anchor) continue;
    const step = Math.floor(history.seq[place]! / advance);
    if (steps.at(-1) === step) {
      marks[marks.length - 1] = place;
      held++;
    } else {
      marks.push(place);
      steps.push(step);
      held = 1;
    }
  }
  // The last may not be whole yet.
  if (held < count) {
    marks.pop();
    steps.pop();
  }
  return seqBounds(history, marks, steps);
}

function phased({ advance, count }: Advance, bounds: Bounds, stream: number, lossy: boolean): Rhythm {
  const phases: number[] = [];
  for (const [mark, step] of bounds.step.entries()) {
    const seq = bounds.seq[mark]![stream]!;
    if (!Number.isNaN(seq)) phases.push(seq - advance * (step + 1));
  }
  const phase = mostOften(lossy ? phases : phases.slice(0, phaseVotes));
  // From step to step, and without the largest: an evaluation shifts all phases behind it, once.
  const off = phases.slice(1).map((value, i) => Math.abs(value - phases[i]!));
  const spread = off.sort((a, b) => a - b)[Math.floor(off.length * 0.8)] ?? 0;
  return { advance, count, phase, tolerance: lossy ? 0 : Math.min(2 * spread, Math.floor(advance / 2)) };
}

function mostOften(values: readonly number[]): number {
  const votes = new Map<number, number>();
  for (const value of values) votes.set(value, (votes.get(value) ?? 0) + 1);
  let best = values[0] ?? 0;
  for (const [value, count] of votes) if (count > votes.get(best)!) best = value;
  return best;
}

/** Of the sorted values that in the middle: one that occurs, where a mean of two would not. */
function middle(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1] ?? 0;
}
