/**
 * What a process did between an operation of one stream and the next of the same, as counts by stream. The sequence of
 * these repeats with the step, and single operations that pass each other change it by little.
 */
import type { History } from "./history.ts";

export type GapVectors = {
  readonly gaps: number;
  /** Gap j holds entries [from[j], from[j + 1]) of `stream` (upwards) and `count`. */
  readonly from: Int32Array;
  readonly stream: Int32Array;
  readonly count: Int32Array;
  /** Class of the bytes of the operation that ends the gap; 0 where they are too many to tell anything. */
  readonly size: Int32Array;
  readonly hash: Int32Array;
};

/** More different sizes than this are those of inputs of variable length, and repeat with nothing. */
const maxSizes = 32;

export function gapVectors(history: History, of: number): GapVectors {
  const total = history.stream.length;
  const from: number[] = [0];
  const stream: number[] = [];
  const count: number[] = [];
  const hash: number[] = [];
  const counts = new Int32Array(history.streams.length);
  const size = sizeClasses(history, of);
  for (let n = 0; n < total; n++) {
    const current = history.stream[n]!;
    if (current !== of) {
      // What was lost of it says nothing of the step.
      if (history.lossy[current] === 0) counts[current]!++;
      continue;
    }
    let mixed = size[hash.length]!;
    for (let i = 0; i < counts.length; i++) {
      if (counts[i] === 0) continue;
      stream.push(i);
      count.push(counts[i]!);
      mixed = Math.imul(mixed, 31) + Math.imul(i + 1, 0x9e3779b1) + Math.imul(counts[i]!, 0x85ebca6b);
      counts[i] = 0;
    }
    hash.push(mixed | 0);
    from.push(stream.length);
  }
  return {
    gaps: hash.length,
    from: Int32Array.from(from),
    stream: Int32Array.from(stream),
    count: Int32Array.from(count),
    size,
    hash: Int32Array.from(hash),
  };
}

function sizeClasses(history: History, of: number): Int32Array {
  const classes = new Map<number, number>();
  const sizes: number[] = [];
  for (let n = 0; n < history.stream.length; n++) {
    if (history.stream[n] !== of) continue;
    const bytes = history.bytes[n]!;
    let known = classes.get(bytes);
    if (known === undefined) {
      known = classes.size;
      classes.set(bytes, known);
      if (known > maxSizes) return new Int32Array(history.stream.length);
    }
    sizes.push(known);
  }
  return Int32Array.from(sizes);
}

export type Likeness = {
  /** Share of all operations that come as often `period` gaps later, 0 to 1. */
  readonly counts: number;
  /** Share of the gaps that end with an operation of the same size. */
  readonly sizes: number;
};

/** The first gap is cut by the begin and left out. */
export function likeness(vectors: GapVectors, period: number): Likeness {
  let differing = 0;
  let all = 0;
  let sameSize = 0;
  for (let gap = 1; gap + period < vectors.gaps; gap++) {
    const other = gap + period;
    if (vectors.size[gap] === vectors.size[other]) sameSize++;
    all += 2;
    let a = vectors.from[gap]!;
    let b = vectors.from[other]!;
    const endA = vectors.from[gap + 1]!;
    const endB = vectors.from[other + 1]!;
    while (a < endA || b < endB) {
      const streamA = a < endA ? vectors.stream[a]! : Number.POSITIVE_INFINITY;
      const streamB = b < endB ? vectors.stream[b]! : Number.POSITIVE_INFINITY;
      const countA = streamA <= streamB ? vectors.count[a++]! : 0;
      const countB = streamB <= streamA ? vectors.count[b++]! : 0;
      differing += Math.abs(countA - countB);
      all += countA + countB;
    }
  }
  const compared = vectors.gaps - 1 - period;
  return compared > 0 ? { counts: 1 - differing / all, sizes: sameSize / compared } : { counts: 0, sizes: 0 };
}

const shortPeriods = 32;
const rarestTried = 4;

/** Gaps after which the sequence may repeat: all short ones, and the distances at which rare gaps come again. */
export function periodsToTry(vectors: GapVectors, repeats: number): number[] {
  const longest = Math.floor((vectors.gaps - 1) / repeats);
  const periods = new Set<number>();
  for (let period = 1; period <= Math.min(shortPeriods, longest); period++) periods.add(period);
  const places = new Map<number, number[]>();
  for (let gap = 1; gap < vectors.gaps; gap++) {
    const found = places.get(vectors.hash[gap]!);
    if (found) found.push(gap);
    else places.set(vectors.hash[gap]!, [gap]);
  }
  const rarest = [...places.values()].filter(({ length }) => length >= repeats).sort((a, b) => a.length - b.length);
  for (const gaps of rarest.slice(0, rarestTried)) {
    const distances = gaps.slice(1).map((gap, i) => gap - gaps[i]!);
    distances.sort((a, b) => a - b);
    const distance = distances[distances.length >> 1]!;
    if (distance <= longest) periods.add(distance);
  }
  return [...periods].sort((a, b) => a - b);
}
