import { createHash } from "node:crypto";
import { type Labels, sortedEntries } from "@lockstep/schemas/domain/labels";

/** A 64-bit series id as its two unsigned halves, so that hot paths need no BigInt. */
export type SeriesId = { readonly lo: number; readonly hi: number };

/**
 * The id of a label set (with __name__): the first 8 bytes, little endian, of SHA-1 over the sorted label set, names and
 * values each ended by a 0xFF byte, which UTF-8 never holds. Empty values must have been dropped before.
 */
export function seriesId(labels: Labels): SeriesId {
  const hash = createHash("sha1");
  const separator = Buffer.from([0xff]);
  for (const [name, value] of sortedEntries(labels)) {
    hash.update(name).update(separator).update(value).update(separator);
  }
  const digest = hash.digest();
  return { lo: digest.readUInt32LE(0), hi: digest.readUInt32LE(4) };
}
