/** The pending operations of all streams of a process in the order in which it did them. */
import type { OperationStream } from "./operation-stream.ts";

export type History = {
  readonly streams: readonly OperationStream[];
  /** By operation: index into `streams`, sequence number, bytes (NaN where not told). */
  readonly stream: Int32Array;
  readonly seq: Float64Array;
  readonly bytes: Float64Array;
  /** By operation: whether many of the same stream before it were not heard. */
  readonly hole: Uint8Array;
  /** By stream: whether so much was not heard that only what is between holes can be counted. */
  readonly lossy: Uint8Array;
  /** Microseconds from the first start to the last; NaN where not dated. */
  readonly spanUs: number;
};

/** By start where `dated`, else by arrival: then readers that give one communicator after the other hide the order. */
export function historyOf(streams: readonly OperationStream[], dated: boolean): History {
  const total = streams.reduce((sum, stream) => sum + stream.pending, 0);
  const stream = new Int32Array(total);
  const seq = new Float64Array(total);
  const bytes = new Float64Array(total);
  const heads = Int32Array.from(streams, ({ head }) => head);
  const at = streams.map((one) => (dated ? one.start : one.arrival));
  let first = Number.NaN;
  let last = Number.NaN;
  for (let n = 0; n < total; n++) {
    let next = -1;
    let earliest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < streams.length; i++) {
      if (heads[i]! >= streams[i]!.end) continue;
      const when = at[i]![heads[i]!]!;
      // Not dated among dated ones: at once, or it would wait for ever.
      if (next >= 0 && !(when < earliest) && !Number.isNaN(when)) continue;
      next = i;
      earliest = when;
      if (Number.isNaN(when)) break;
    }
    const place = heads[next]!++;
    stream[n] = next;
    seq[n] = streams[next]!.seq[place]!;
    bytes[n] = streams[next]!.bytes[place]!;
    if (!(first <= earliest)) first = earliest;
    if (!(last >= earliest)) last = earliest;
  }
  const { hole, lossy } = holesOf(stream, seq, streams);
  return { streams, stream, seq, bytes, hole, lossy, spanUs: dated ? last - first : Number.NaN };
}

/** Numbers left out at once that are a ring that ran over, not a counter shared with peers or unrecorded operations. */
const holeNumbers = 32;
const lossyShare = 0.02;

function holesOf(
  stream: Int32Array,
  seq: Float64Array,
  streams: readonly OperationStream[],
): { hole: Uint8Array; lossy: Uint8Array } {
  const hole = new Uint8Array(stream.length);
  const first = new Float64Array(streams.length).fill(-1);
  const last = new Float64Array(streams.length).fill(-1);
  const lost = new Float64Array(streams.length);
  for (let n = 0; n < stream.length; n++) {
    const i = stream[n]!;
    const jump = seq[n]! - last[i]!;
    if (last[i]! < 0) {
      first[i] = seq[n]!;
    } else if (jump > holeNumbers && streams[i]!.identity.peer === undefined) {
      hole[n] = 1;
      lost[i]! += jump;
    }
    last[i] = seq[n]!;
  }
  return {
    hole,
    lossy: Uint8Array.from(lost, (numbers, i) => (numbers > (last[i]! - first[i]!) * lossyShare ? 1 : 0)),
  };
}
