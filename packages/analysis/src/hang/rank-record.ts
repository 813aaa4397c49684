import type { DumpCollective, DumpEntry, FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";
import { Completion, type Counters } from "./completion.ts";
import type { JobGroup, JobGroups } from "./job-groups.ts";
import { progressOf } from "./progress.ts";

/** An operation as one rank recorded it ("?" and without parts where only the status tells of it); the parts of a coalesced collective are one operation. */
export type Recorded = {
  readonly rank: number;
  /** Counts up in the order in which the rank entered its operations; the same for the parts of a batch, which run together. */
  readonly order: number;
  readonly group: JobGroup;
  readonly p2p: boolean;
  /** Among the group's collectives, or among its point-to-point operations. */
  readonly seq: number;
  readonly collective: DumpCollective;
  /** Job rank of the other end; undefined for collectives, and where a batch or a receive from anyone does not tell. */
  readonly peer: number | undefined;
  readonly parts: readonly DumpEntry[];
  readonly completed: boolean;
};

/** How far a rank came in a group; undefined is not known. */
export type Progress = {
  readonly entered: number | undefined;
  readonly completed: number | undefined;
};

export type GroupProgress = {
  readonly collectives: Progress;
  readonly p2p: Progress;
  /** As the status tells it: it counts an operation only after the call that starts it returned. */
  readonly started: number | undefined;
  readonly returned: number | undefined;
};

/** What one rank recorded, and what follows from it alone. */
export type RankRecord = {
  readonly rank: number;
  readonly dump: FlightRecorderDump;
  /** In the order entered. */
  readonly operations: readonly Recorded[];
  /** By JobGroup.key. */
  readonly progress: ReadonlyMap<number, GroupProgress>;
  /** Whether start times are recorded at all. */
  readonly timed: boolean;
  /** Whether the dump leaves out what completed: then what was entered and is not there did. */
  readonly onlyActive: boolean;
};

/** Whether an operation that was entered and is not in the dump completed, as far as that can be told. */
export function hasCompleted({ onlyActive }: RankRecord, { completed }: Progress, seq: number): boolean {
  return completed === undefined ? onlyActive : completed >= seq;
}

/**
 * An operation that a rank entered, that newer ones have pushed out of its ring, and of which nothing says that it completed.
 * It may be what the rank waits in, before all that the ring holds.
 */
export function pushedOut(
  of: Pick<Recorded, "rank" | "group" | "p2p" | "seq" | "peer"> & Partial<Pick<Recorded, "collective">>,
): Recorded {
  return { collective: "?", ...of, order: -1, parts: [], completed: false };
}

export function rankRecords(dumps: readonly FlightRecorderDump[], groups: JobGroups): RankRecord[] {
  const counters = countersOf(dumps, groups);
  return dumps.map((dump) => rankRecord(dump, groups, counters));
}

/** By JobGroup.key. */
function countersOf(dumps: readonly FlightRecorderDump[], groups: JobGroups): Map<number, Counters> {
  const counters = new Map<number, Counters>();
  for (const { rank, entries } of dumps)
    for (const { groupName, seq, p2pSeq } of entries) {
      const key = groups.of(rank, groupName)?.key;
      if (key === undefined) continue;
      const largest = counters.get(key);
      if (largest === undefined) counters.set(key, { collectives: seq, p2p: p2pSeq });
      else {
        largest.collectives = Math.max(largest.collectives, seq);
        largest.p2p = Math.max(largest.p2p, p2pSeq);
      }
    }
  return counters;
}

function rankRecord(dump: FlightRecorderDump, groups: JobGroups, counters: ReadonlyMap<number, Counters>): RankRecord {
  const completion = new Completion(dump, (name) => counters.get(groups.of(dump.rank, name)?.key ?? -1));
  const operations = operationsOf(dump, groups, completion);
  const progress = new Map<number, GroupProgress>();
  for (const { name, pgId } of dump.groups) {
    const group = groups.of(dump.rank, name);
    if (group !== undefined) progress.set(group.key, progressOf(dump, name, pgId, completion));
  }
  operations.push(...unrecorded(dump.rank, operations, progress, groups.all));
  const timed =
    dump.entries.some(({ state, startedUs }) => state === "started" || startedUs !== undefined) ||
    [...dump.status.values()].some(({ lastStarted }) => lastStarted !== undefined);
  const inOrder = operations.toSorted((a, b) => a.order - b.order);
  return { rank: dump.rank, dump, operations: inOrder, progress, timed, onlyActive: completion.onlyActive };
}

/** Collectives that only the status tells of: entered and not completed, and no longer in the ring, so before all that is. */
function unrecorded(
  rank: number,
  operations: readonly Recorded[],
  progress: ReadonlyMap<number, GroupProgress>,
  groups: readonly JobGroup[],
): Recorded[] {
  const open = new Set(operations.filter(({ p2p, completed }) => !p2p && !completed).map(({ group }) => group.key));
  return [...progress].flatMap(([key, { returned, collectives }]): Recorded[] => {
    const completed = Math.max(collectives.completed ?? 0, 0);
    if (returned === undefined || returned <= completed || open.has(key)) return [];
    const seq = completed + 1;
    return [pushedOut({ rank, group: groups[key]!, p2p: false, seq, peer: undefined })];
  });
}

function operationsOf({ rank, entries }: FlightRecorderDump, groups: JobGroups, completion: Completion): Recorded[] {
  const operations: Recorded[] = [];
  for (const entry of entries) {
    const group = groups.of(rank, entry.groupName);
    if (group === undefined) continue;
    const { recordId, collective, isP2p: p2p, seq, p2pSeq } = entry;
    const batch = completion.batch(entry);
    const alone = batch.length === 1;
    // The closing entry of a batch tells nothing that its parts do not; those of a collective are one operation.
    if (!alone && (p2p ? collective === "Coalesced" : entry !== batch[0])) continue;
    operations.push({
      rank,
      order: p2p && !alone ? Math.min(...batch.map((part) => part.recordId)) : recordId,
      group,
      p2p,
      seq: p2p ? p2pSeq : seq,
      collective,
      peer: p2p && entry.peer !== undefined ? group.members[entry.peer] : undefined,
      parts: alone ? batch : p2p ? [entry] : batch.filter((part) => part.collective !== "Coalesced" || part === entry),
      completed: completion.of(entry),
    });
  }
  return operations;
}
