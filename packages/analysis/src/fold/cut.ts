/** Where a step ends in a stream: by its sequence numbers as long as they agree with the order of the operations. */

import type { OperationStream } from "./operation-stream.ts";
import type { Boundary } from "./step-boundary.ts";

export type Cut = {
  /** The step holds the pending operations before this place. */
  readonly to: number;
  /** The next step begins at this sequence number. */
  readonly seq: number;
  readonly odd: boolean;
};

/** Steps in a row in which a stream is off by the same number of operations before that is its new phase. */
const stepsToShift = 3;

/** `at`: the column that orders the operations, starts or arrivals. Moves the stream's phase where it has to. */
export function cutOf(stream: OperationStream, boundary: Boundary, at: Float64Array): Cut {
  const { rhythm, seq, head, end } = stream;
  let passed = head;
  while (passed < end && !(at[passed]! > boundary.at)) passed++;
  if (rhythm === undefined) {
    return { to: passed, seq: passed > head ? seq[passed - 1]! + 1 : stream.cutSeq, odd: passed > head };
  }
  const expected = rhythm.phase + rhythm.advance * (boundary.step + 1);
  const before = passed > head ? seq[passed - 1]! + 1 : stream.cutSeq;
  const after = passed < end ? seq[passed]! : Number.POSITIVE_INFINITY;
  const off = expected < before ? before - expected : expected > after ? after - expected : 0;
  if (off !== 0 && mustShift(stream, rhythm.tolerance, off)) {
    rhythm.phase += off;
    stream.residual = 0;
    // There and back: it is passed by others at the end of a step, now and then.
    if (stream.shift === -off) rhythm.tolerance = Math.min(Math.abs(off), Math.floor(rhythm.advance / 2));
    stream.shift = off;
    return { to: passed, seq: expected + off, odd: true };
  }
  if (off === 0) stream.residual = 0;
  const to = off === 0 ? passed : placeOf(stream, expected);
  return { to, seq: expected, odd: to - head !== rhythm.count };
}

function mustShift(stream: OperationStream, tolerance: number, off: number): boolean {
  if (Math.abs(off) > tolerance) return true;
  stream.residualSteps = stream.residual === off ? stream.residualSteps + 1 : 1;
  stream.residual = off;
  return stream.residualSteps >= stepsToShift;
}

function placeOf({ seq, head, end }: OperationStream, expected: number): number {
  let place = head;
  while (place < end && seq[place]! < expected) place++;
  return place;
}
