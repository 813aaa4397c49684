/** The rows of one step of one process, from the operations of each stream that belong to it. */
import type { OperationStream } from "./operation-stream.ts";
import { perSlotOf, type StepRow } from "./step-row.ts";

/** Places [from, to) of a stream's columns. */
export type Slice = { readonly stream: OperationStream; readonly from: number; readonly to: number };

export type FoldedStep = {
  readonly job: string;
  readonly process: string;
  readonly step: number;
  readonly run: number;
  readonly odd: boolean;
  readonly slices: readonly Slice[];
  /** When the process left the last operation of the step before, microseconds; NaN where it is not known. */
  readonly leftBefore: number;
  /** The end of the step before; NaN where it was not heard. */
  readonly endedBefore: number;
  /** Of the anchor's last operation; NaN where not dated. */
  readonly ended: number;
};

/** Also tells when the process left the last operation of the step. */
export function stepRows(folded: FoldedStep, onRow: (row: StepRow) => void): number {
  const { slices, ended, endedBefore } = folded;
  const self = new Float64Array(slices.length);
  const left = selfTimes(slices, folded.leftBefore, self);
  const began = Number.isNaN(endedBefore) ? firstStart(slices) : endedBefore;
  const stepUs = tenths(ended - endedBefore);
  for (const [index, slice] of slices.entries()) {
    const { seq, exec } = slice.stream;
    const count = slice.to - slice.from;
    if (count === 0) continue;
    const perSlot = perSlotOf(count);
    const { communicator, kind, collective, peer, node, rank, size, jobRank, members, timing } = slice.stream.identity;
    onRow({
      job: folded.job,
      communicator,
      kind,
      collective,
      peer,
      step: folded.step,
      run: folded.run,
      odd: folded.odd,
      process: folded.process,
      node,
      rank,
      size,
      jobRank,
      members,
      seq: seq[slice.from]!,
      count,
      perSlot,
      bytes: commonBytes(slice),
      exec_us: perSlot === 1 ? rounded(exec, slice) : summed(exec, slice, perSlot),
      start_us: Number.isNaN(began) ? [] : starts(slice, perSlot, began),
      began: known(began),
      ended: known(ended),
      self_us: known(tenths(self[index]!)),
      step_us: known(stepUs),
      timing,
    });
  }
  return left;
}

/**
 * The time between leaving one operation and entering the next, by the slice entered; time that another stream covers is
 * none. NaN where nothing is dated, and in all slices where the operation before the first is not known. Gives when the
 * last was left.
 */
function selfTimes(slices: readonly Slice[], leftBefore: number, self: Float64Array): number {
  const heads = Int32Array.from(slices, ({ from }) => from);
  let left = leftBefore;
  let dated = false;
  for (;;) {
    let next = -1;
    let earliest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < slices.length; i++) {
      const { stream, to } = slices[i]!;
      let head = heads[i]!;
      while (head < to && Number.isNaN(stream.start[head]!)) head++;
      heads[i] = head;
      if (head >= to || stream.start[head]! >= earliest) continue;
      next = i;
      earliest = stream.start[head]!;
    }
    if (next < 0) break;
    dated = true;
    const end = earliest + slices[next]!.stream.exec[heads[next]!]!;
    heads[next]!++;
    if (earliest > left) self[next]! += earliest - left;
    if (!(end <= left)) left = end;
  }
  if (!dated || Number.isNaN(leftBefore)) self.fill(Number.NaN);
  return left;
}

function firstStart(slices: readonly Slice[]): number {
  let first = Number.NaN;
  for (const { stream, from, to } of slices) {
    for (let place = from; place < to; place++) if (!(stream.start[place]! >= first)) first = stream.start[place]!;
  }
  return first;
}

function commonBytes({ stream: { bytes }, from, to }: Slice): number | undefined {
  const first = bytes[from]!;
  for (let place = from; place < to; place++) if (bytes[place] !== first) return undefined;
  return first;
}

function rounded(exec: Float64Array, { from, to }: Slice): number[] {
  const values: number[] = new Array(to - from);
  for (let place = from; place < to; place++) values[place - from] = Math.round(exec[place]!);
  return values;
}

function summed(exec: Float64Array, { from, to }: Slice, perSlot: number): number[] {
  const values: number[] = [];
  for (let place = from; place < to; place += perSlot) {
    let sum = 0;
    for (let one = place; one < to && one < place + perSlot; one++) sum += exec[one]!;
    values.push(Math.round(sum));
  }
  return values;
}

function starts({ stream: { start }, from, to }: Slice, perSlot: number, began: number): number[] {
  const values: number[] = [];
  for (let place = from; place < to; place += perSlot) {
    if (Number.isNaN(start[place]!)) return [];
    values.push(Math.round(start[place]! - began));
  }
  return values;
}

function tenths(us: number): number {
  return Math.round(us * 10) / 10;
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}
