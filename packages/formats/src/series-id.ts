import { hash } from "node:crypto";
import { type Labels, sortedEntries } from "@lockstep/schemas/domain/labels";

/** A 64-bit series id as its two unsigned halves, so that hot paths need no BigInt. */
export type SeriesId = { readonly lo: number; readonly hi: number };

/** Grows to the longest label set met; a new series is identified in one call, and nothing is left for the collector. */
let scratch = Buffer.allocUnsafe(4096);

/**
 * The id of a label set (with __name__): the first 8 bytes, little endian, of SHA-1 over the sorted label set, names and
 * values each ended by a 0xFF byte, which UTF-8 never holds. Empty values must have been dropped before.
 */
export function seriesId(labels: Labels): SeriesId {
  let end = 0;
  for (const [name, value] of sortedEntries(labels)) {
    // A UTF-16 unit is three bytes of UTF-8 at the most.
    const needed = end + 3 * (name.length + value.length) + 2;
    if (needed > scratch.length) scratch = Buffer.concat([scratch], 2 * needed);
    end += scratch.write(name, end, "utf8");
    scratch[end++] = 0xff;
    end += scratch.write(value, end, "utf8");
    scratch[end++] = 0xff;
  }
  const digest = hash("sha1", scratch.subarray(0, end), "buffer");
  return { lo: digest.readUInt32LE(0), hi: digest.readUInt32LE(4) };
}
