import type { DumpEntry, DumpStatus, FlightRecorderDump } from "@lockstep/formats/flight-recorder/dump";

/** Largest sequence numbers recorded. */
export type Counters = { collectives: number; p2p: number };

/** What a dump holds of one group. */
type OfGroup = {
  readonly counters: Counters;
  readonly completed: Counters;
  /** By sequence number: an operation, or the parts of a batch and what closes it. */
  readonly collectives: Map<number, DumpEntry[]>;
  readonly p2p: Map<number, DumpEntry[]>;
  /** Whether the group enters messages in batches: a ring may hold the last part of one alone. */
  batching: boolean;
  /** Newest completed operation by stream: what a group, or a pair of ranks in it, does is done in order. */
  readonly newestCompleted: Map<number, number>;
};

/**
 * Which operations of a dump completed. `state` alone does not tell it: gloo never changes it, and the operations of a batch
 * leave theirs to the entry that closes the batch.
 */
export class Completion {
  /** Some dumps leave out what completed: then an operation that is not there is no evidence that it was not entered. */
  readonly onlyActive: boolean;
  readonly #groups = new Map<string, OfGroup>();
  /** Backends that do mark what completed: an operation they retired unmarked was given up (a time-out, an abort). */
  readonly #marking = new Set<string>();
  readonly #recorded = new Set<number>();
  readonly #statuses: ReadonlyMap<string, DumpStatus>;
  readonly #ofJob: (groupName: string) => Counters | undefined;

  /** `ofJob`: the largest counters that any rank recorded in the group, for ranks that recorded none. */
  constructor({ entries, status }: FlightRecorderDump, ofJob: (groupName: string) => Counters | undefined) {
    this.#statuses = status;
    this.#ofJob = ofJob;
    for (const entry of entries) {
      this.#add(entry);
      if (entry.retired && entry.state === "completed") this.#marking.add(entry.backend);
      this.#recorded.add(entry.recordId);
    }
    let onlyActive = true;
    for (const entry of entries) {
      if (!this.#itself(entry)) continue;
      onlyActive = false;
      const { newestCompleted } = this.#groups.get(entry.groupName)!;
      const stream = streamOf(entry);
      newestCompleted.set(stream, Math.max(newestCompleted.get(stream) ?? -1, entry.recordId));
    }
    this.onlyActive = onlyActive;
    for (const entry of entries) {
      const { completed } = this.#groups.get(entry.groupName)!;
      if (!this.of(entry)) continue;
      if (entry.isP2p) completed.p2p = Math.max(completed.p2p, entry.p2pSeq);
      else completed.collectives = Math.max(completed.collectives, entry.seq);
    }
  }

  /** The entries that have the sequence number of this one: itself, or the parts of a batch and what closes it. */
  batch(entry: DumpEntry): readonly DumpEntry[] {
    const group = this.#groups.get(entry.groupName)!;
    return entry.isP2p ? group.p2p.get(entry.p2pSeq)! : group.collectives.get(entry.seq)!;
  }

  of(entry: DumpEntry): boolean {
    const batch = this.batch(entry);
    if (batch.some((each) => this.#itself(each)) || this.#closedUnseen(batch)) return true;
    const { newestCompleted } = this.#groups.get(entry.groupName)!;
    if (batch.some((each) => (newestCompleted.get(streamOf(each)) ?? -1) > each.recordId)) return true;
    if (batch.some(({ retired }) => retired)) return false;
    const status = this.status(entry.groupName, entry.pgId, entry.isP2p);
    return status !== undefined && (entry.isP2p ? entry.p2pSeq : entry.seq) <= status.completed;
  }

  /**
   * A group's status, where it counts what is asked for: it holds the number of the last operation, be it a collective or
   * point-to-point, without saying which. The counter that is far ahead of the other can be told apart from it.
   */
  status(
    groupName: string,
    pgId: string | undefined,
    p2p: boolean,
  ): { readonly enqueued: number; readonly completed: number } | undefined {
    const status = pgId === undefined ? undefined : this.#statuses.get(pgId);
    const counters = this.#ofJob(groupName);
    if (status === undefined || counters === undefined) return undefined;
    const { collectives, p2p: pairs } = counters;
    if (p2p !== pairs > collectives) return undefined;
    const lower = Math.min(collectives, pairs);
    const told = (value: number) => (lower === 0 || value > lower ? value : -1);
    return { enqueued: told(status.lastEnqueued), completed: told(status.lastCompleted) };
  }

  /** Of the entries alone; undefined where there are none of that group. */
  recorded(
    groupName: string,
  ): { readonly entered: Readonly<Counters>; readonly completed: Readonly<Counters> } | undefined {
    const group = this.#groups.get(groupName);
    return group === undefined ? undefined : { entered: group.counters, completed: group.completed };
  }

  #add(entry: DumpEntry): void {
    const { groupName, isP2p, seq, p2pSeq } = entry;
    let group = this.#groups.get(groupName);
    if (group === undefined) {
      group = {
        counters: { collectives: 0, p2p: 0 },
        completed: { collectives: -1, p2p: -1 },
        collectives: new Map(),
        p2p: new Map(),
        batching: false,
        newestCompleted: new Map(),
      };
      this.#groups.set(groupName, group);
    }
    group.counters.collectives = Math.max(group.counters.collectives, seq);
    group.counters.p2p = Math.max(group.counters.p2p, p2pSeq);
    const bySeq = isP2p ? group.p2p : group.collectives;
    const batch = bySeq.get(isP2p ? p2pSeq : seq);
    if (batch === undefined) bySeq.set(isP2p ? p2pSeq : seq, [entry]);
    else {
      batch.push(entry);
      group.batching = true;
    }
  }

  #itself({ state, completedUs, retired, backend }: DumpEntry): boolean {
    return state === "completed" || completedUs !== undefined || (retired && !this.#marking.has(backend));
  }

  /** Where completed entries are left out, so is the one that closed a completed batch; one that is open would be there. */
  #closedUnseen(batch: readonly DumpEntry[]): boolean {
    const [first] = batch;
    if (first === undefined || !this.onlyActive || !this.#groups.get(first.groupName)!.batching) return false;
    if (batch.some(({ collective }) => collective === "Coalesced")) return false;
    const next = Math.max(...batch.map(({ recordId }) => recordId)) + 1;
    return !this.#recorded.has(next);
  }
}

/** Collectives are one stream, messages one for each peer and direction, batches one. */
function streamOf({ isP2p, peer, collective }: DumpEntry): number {
  if (!isP2p) return -1;
  return peer === undefined ? -2 : 2 * peer + (collective === "Send" ? 0 : 1);
}
