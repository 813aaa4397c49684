/** Reads ClickHouse's RowBinary answers of the queries in prometheus.ts and series-labels.ts (numbers are little endian). */

export type RowCursor = {
  readonly done: boolean;
  series(): bigint;
  int64(): number;
  float64(): number;
  /** The length that stands before an array or a string. */
  length(): number;
  string(): string;
  /** A nullable Float64 that is neither null nor a staleness marker; undefined otherwise. */
  present(): number | undefined;
  readonly position: number;
};

const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 2;

export function rowCursor(bytes: Buffer, from = 0): RowCursor {
  let at = from;
  const float64 = (): number => {
    at += 8;
    return bytes.readDoubleLE(at - 8);
  };
  const length = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError("the answer of ClickHouse ends within a length");
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  };
  return {
    get done() {
      return at >= bytes.length;
    },
    get position() {
      return at;
    },
    series: () => {
      at += 8;
      return bytes.readBigUInt64LE(at - 8);
    },
    int64: () => {
      at += 8;
      return bytes.readInt32LE(at - 4) * 2 ** 32 + bytes.readUInt32LE(at - 8);
    },
    float64,
    length,
    string: () => {
      const size = length();
      at += size;
      if (at > bytes.length) throw new RangeError("the answer of ClickHouse ends within a string");
      return bytes.toString("utf8", at - size, at);
    },
    present: () => {
      if (bytes[at++] === 1) return undefined;
      // By bits: to JavaScript a staleness marker is a NaN like any other.
      const stale = bytes.readUInt32LE(at) === STALE_LOW && bytes.readUInt32LE(at + 4) === STALE_HIGH;
      const value = float64();
      return stale ? undefined : value;
    },
  };
}
