import type { DumpCollective } from "@lockstep/formats/flight-recorder/dump";
import { progressIn } from "./collective-waits.ts";
import type { JobGroup } from "./job-groups.ts";
import type { RankRecord } from "./rank-record.ts";

/** No rank completes one of these before every rank has entered it; a broadcast's root, for one, may. */
const synchronising: ReadonlySet<DumpCollective> = new Set(["AllReduce", "AllGather", "ReduceScatter", "Barrier"]);

/**
 * Ranks whose dump was taken before those of others: somebody completed an operation that cannot complete without them, and
 * their dump does not hold it. What such a rank does now is not known.
 */
export function staleDumps(groups: readonly JobGroup[], records: ReadonlyMap<number, RankRecord>): Set<number> {
  const types = collectivesSeen(records);
  const stale = new Set<number>();
  for (const group of groups) {
    const ranks = [...new Set(group.members)].filter((rank) => records.has(rank));
    let completed = -1;
    for (const rank of ranks) completed = Math.max(completed, progressIn(records, rank, group)?.completed ?? -1);
    for (const rank of ranks) {
      const entered = progressIn(records, rank, group)?.entered;
      if (entered === undefined || entered >= completed) continue;
      if (needsEveryone(types.get(group.key), entered + 1, completed)) stale.add(rank);
    }
  }
  return stale;
}

type Seen = { readonly bySeq: Map<number, DumpCollective>; readonly all: Set<DumpCollective> };

function collectivesSeen(records: ReadonlyMap<number, RankRecord>): Map<number, Seen> {
  const seen = new Map<number, Seen>();
  for (const { operations } of records.values())
    for (const { group, p2p, seq, collective } of operations) {
      if (p2p) continue;
      let ofGroup = seen.get(group.key);
      if (ofGroup === undefined) {
        ofGroup = { bySeq: new Map(), all: new Set() };
        seen.set(group.key, ofGroup);
      }
      ofGroup.bySeq.set(seq, collective);
      ofGroup.all.add(collective);
    }
  return seen;
}

/** Whether one of the operations `first` to `last` is known to need all ranks; where none is recorded, what the group does else tells. */
function needsEveryone(seen: Seen | undefined, first: number, last: number): boolean {
  if (seen === undefined) return true;
  let recorded = false;
  for (const [seq, collective] of seen.bySeq) {
    if (seq < first || seq > last) continue;
    if (synchronising.has(collective)) return true;
    recorded = true;
  }
  return !recorded && [...seen.all].every((collective) => synchronising.has(collective));
}
