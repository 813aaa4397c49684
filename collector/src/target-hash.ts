/** Where a target belongs among several lanes or collectors. */
import { createHash } from "node:crypto";
import { type Labels, sortedEntries } from "@lockstep/schemas/domain/labels";

/**
 * 0 <= result < count, the same over restarts and on every machine. Of the labels alone, because a series is made of them:
 * it stays where it is when its target moves to another address. Different `use`s are independent of one another, so that
 * the targets of one shard still fill all lanes.
 */
export function placeOf(labels: Labels, use: "lane" | "shard", count: number): number {
  if (count === 1) return 0;
  const text = JSON.stringify([use, ...sortedEntries(labels).flat()]);
  return createHash("sha1").update(text).digest().readUIntBE(0, 6) % count;
}
