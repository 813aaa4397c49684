import { STALE_NAN_HIGH, STALE_NAN_LOW } from "@lockstep/schemas/domain/sample";
import type { RowBinaryReader } from "@lockstep/store/row-binary";

/** The next point of a grid, a Nullable(Float64) of `bytes`; undefined where it is null or a staleness marker. */
export function readGridPoint(reader: RowBinaryReader, bytes: Buffer): number | undefined {
  if (reader.bool()) return undefined;
  const value = reader.f64();
  if (!Number.isNaN(value)) return value;
  // By bits: to JavaScript a staleness marker is a NaN like any other.
  const at = reader.position - 8;
  const stale = bytes.readUInt32LE(at) === STALE_NAN_LOW && bytes.readUInt32LE(at + 4) === STALE_NAN_HIGH;
  return stale ? undefined : value;
}
