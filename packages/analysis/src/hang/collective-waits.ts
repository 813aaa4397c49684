import type { JobGroup } from "./job-groups.ts";
import { hasCompleted, type Progress, pushedOut, type RankRecord, type Recorded } from "./rank-record.ts";
import type { Wait } from "./wait.ts";

/** The collectives that somebody entered and did not complete, by group and sequence number. */
export function collectiveWaits(records: ReadonlyMap<number, RankRecord>, stale: ReadonlySet<number>): Wait[] {
  const found = new Map<number, Map<number, Map<number, Recorded>>>();
  for (const { rank, operations } of records.values()) {
    if (stale.has(rank)) continue;
    for (const operation of operations) {
      if (operation.p2p || operation.completed) continue;
      const { key } = operation.group;
      const bySeq = found.get(key) ?? new Map<number, Map<number, Recorded>>();
      found.set(key, bySeq);
      const waiting = bySeq.get(operation.seq) ?? new Map<number, Recorded>();
      bySeq.set(operation.seq, waiting.set(rank, operation));
    }
  }
  return [...found.values()].flatMap((bySeq) =>
    [...bySeq].map(([seq, waiting]) => collectiveWait(seq, waiting, records, stale)),
  );
}

function collectiveWait(
  seq: number,
  waiting: ReadonlyMap<number, Recorded>,
  records: ReadonlyMap<number, RankRecord>,
  stale: ReadonlySet<number>,
): Wait {
  const [first] = waiting.values();
  const { group, collective } = first!;
  const all = new Map(waiting);
  const completedBy: number[] = [];
  const missing: number[] = [];
  const unknown: number[] = [];
  for (const member of group.members) {
    if (waiting.has(member)) continue;
    const progress = progressIn(records, member, group);
    if (progress?.completed !== undefined && progress.completed >= seq) completedBy.push(member);
    else if (progress?.entered === undefined || stale.has(member)) unknown.push(member);
    else if (progress.entered < seq) missing.push(member);
    else if (hasCompleted(records.get(member)!, progress, seq)) completedBy.push(member);
    else all.set(member, pushedOut({ rank: member, group, p2p: false, seq, peer: undefined }));
  }
  return { group, p2p: false, seq, collective, members: group.members, waiting: all, completedBy, missing, unknown };
}

export function progressIn(
  records: ReadonlyMap<number, RankRecord>,
  rank: number,
  group: JobGroup,
): Progress | undefined {
  return records.get(rank)?.progress.get(group.key)?.collectives;
}
