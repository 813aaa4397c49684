/**
 * Makes the steps of all processes count alike. Processes whose anchors differ may be off by some steps (an evaluation that
 * only the last stage's anchor takes part in), but operations with the same number in a communicator are the same
 * operation: each pair of rows that begin with one tells how the two count.
 */
import type { StepRow } from "./step-row.ts";

/** Steps to add to a row's own, to have the job's. */
export type StepShifts = { shiftOf(process: string, step: number): number };

/** Steps of a process that follow each other, counted without a jump. */
type Segment = { readonly first: number; readonly index: number; readonly steps: number };

/** Over rows of one job and of one run of each process. */
export function alignSteps(rows: readonly StepRow[]): StepShifts {
  const segments = segmentsOf(rows);
  const joined = joinSegments(rows, segments);
  const shift = shiftsBySegment(segments, joined);
  return {
    shiftOf(process, step) {
      const found = segmentAt(segments.byProcess.get(process), step);
      return found === undefined ? 0 : shift[found.index]!;
    },
  };
}

type Segments = { readonly byProcess: ReadonlyMap<string, readonly Segment[]>; readonly all: readonly Segment[] };

function segmentsOf(rows: readonly StepRow[]): Segments {
  const steps = new Map<string, Set<number>>();
  let process: string | undefined;
  let own: Set<number> = new Set();
  for (const row of rows) {
    if (row.process !== process) {
      process = row.process;
      own = steps.get(process) ?? new Set();
      steps.set(process, own);
    }
    own.add(row.step);
  }
  const all: Segment[] = [];
  const byProcess = new Map<string, Segment[]>();
  for (const [process, set] of steps) {
    const sorted = [...set].sort((a, b) => a - b);
    const found: Segment[] = [];
    for (let from = 0; from < sorted.length; ) {
      let to = from + 1;
      while (to < sorted.length && sorted[to] === sorted[to - 1]! + 1) to++;
      const segment = { first: sorted[from]!, index: all.length, steps: to - from };
      found.push(segment);
      all.push(segment);
      from = to;
    }
    byProcess.set(process, found);
  }
  return { byProcess, all };
}

function segmentAt(segments: readonly Segment[] | undefined, step: number): Segment | undefined {
  if (segments === undefined) return undefined;
  for (let i = segments.length - 1; i >= 0; i--) if (segments[i]!.first <= step) return segments[i];
  return undefined;
}

/** Union-find that remembers by how much the steps of a segment differ from those of its parent. */
class ShiftedSets {
  readonly #parent: Int32Array;
  readonly #shift: Float64Array;

  constructor(size: number) {
    this.#parent = Int32Array.from({ length: size }, (_, i) => i);
    this.#shift = new Float64Array(size);
  }

  root(member: number): { root: number; shift: number } {
    let root = member;
    let shift = 0;
    while (this.#parent[root] !== root) {
      shift += this.#shift[root]!;
      root = this.#parent[root]!;
    }
    if (root !== member) {
      this.#parent[member] = root;
      this.#shift[member] = shift;
    }
    return { root, shift };
  }

  /** step of a + shift = step of b. What was joined before stands. */
  join(a: number, b: number, shift: number): void {
    const rootA = this.root(a);
    const rootB = this.root(b);
    if (rootA.root === rootB.root) return;
    this.#parent[rootA.root] = rootB.root;
    this.#shift[rootA.root] = shift + rootB.shift - rootA.shift;
  }
}

type Heard = { readonly index: number; readonly position: number };

/**
 * By the end of the first operation of each row, in steps with their fraction: where two processes draw the line between
 * steps on different sides of an operation, it is at the end of one's step and at the begin of the other's next.
 */
function joinSegments(rows: readonly StepRow[], { byProcess, all }: Segments): ShiftedSets {
  const sets = new ShiftedSets(all.length);
  const seen = new Map<string, Map<string, Map<number, Heard>>>();
  for (const row of rows) {
    if (row.peer !== undefined || row.odd) continue;
    const { index } = segmentAt(byProcess.get(row.process), row.step)!;
    const ofGroup = entry(seen, row.communicator, () => new Map<string, Map<number, Heard>>());
    const bySeq = entry(ofGroup, row.collective, () => new Map<number, Heard>());
    const other = bySeq.get(row.seq);
    const position = positionOf(row);
    if (other === undefined) bySeq.set(row.seq, { index, position });
    else if (other.index !== index) sets.join(index, other.index, Math.round(other.position - position));
  }
  return sets;
}

function positionOf({ step, start_us, exec_us, perSlot, step_us }: StepRow): number {
  if (start_us.length === 0 || step_us === undefined) return step;
  return step + (start_us[0]! + exec_us[0]! / perSlot) / step_us;
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

/** In each set that was joined, most steps keep their number; segments of no set keep theirs. */
function shiftsBySegment({ all }: Segments, sets: ShiftedSets): Float64Array {
  const votes = new Map<number, Map<number, number>>();
  for (const { index, steps } of all) {
    const { root, shift } = sets.root(index);
    const ofRoot = entry(votes, root, () => new Map<number, number>());
    ofRoot.set(shift, (ofRoot.get(shift) ?? 0) + steps);
  }
  const base = new Map<number, number>();
  for (const [root, shifts] of votes) {
    let best = 0;
    let most = -1;
    for (const [shift, steps] of shifts) if (steps > most) [best, most] = [shift, steps];
    base.set(root, best);
  }
  return Float64Array.from(all, ({ index }) => {
    const { root, shift } = sets.root(index);
    return shift - base.get(root)!;
  });
}
