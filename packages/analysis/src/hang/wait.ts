import type { DumpCollective } from "@lockstep/formats/flight-recorder/dump";
import type { JobGroup } from "./job-groups.ts";
import type { Recorded } from "./rank-record.ts";

/** An operation that at least one rank entered and did not complete. Ranks are those of the job. */
export type Wait = {
  readonly group: JobGroup;
  readonly p2p: boolean;
  readonly seq: number;
  readonly collective: DumpCollective;
  /** Who takes part: the two ends of a point-to-point operation, else the whole group. */
  readonly members: readonly number[];
  /** Ranks that entered and have not completed it, with what they recorded. */
  readonly waiting: ReadonlyMap<number, Recorded>;
  readonly completedBy: readonly number[];
  /** Their dump shows that they never entered it. */
  readonly missing: readonly number[];
  /** No dump, or one that does not tell. */
  readonly unknown: readonly number[];
  /** The rank waits for others of the group, but did not record for whom. */
  readonly opaque?: boolean;
};

/**
 * Everyone entered and somebody completed it, so that nobody is waited for in it: the ranks that have not recorded its
 * completion are themselves behind (a GPU, or the thread that watches it, that stopped).
 */
export function isFinishedElsewhere({ missing, completedBy }: Wait): boolean {
  return missing.length === 0 && completedBy.length > 0;
}
