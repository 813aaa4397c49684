/** All that a folder remembers, as JSON can hold it: numbers that are not known are null. */
import type { StreamSnapshot } from "./operation-stream.ts";
import type { BoundaryState } from "./step-boundary.ts";

/** Counts up when a field gets another meaning. */
export const snapshotVersion = 1;

export type FolderSnapshot = {
  readonly version: typeof snapshotVersion;
  readonly job: string;
  readonly process: string;
  readonly streams: readonly StreamSnapshot[];
  /** Index into `streams`; -1 while learning. */
  readonly anchor: number;
  readonly anchorKey: string;
  readonly watch: BoundaryState | undefined;
  readonly boundaries: readonly { readonly step: number; readonly at: number; readonly ended: number | null }[];
  readonly dated: boolean;
  readonly datedCount: number;
  readonly arrivals: number;
  readonly nextAttempt: number;
  readonly run: number;
  readonly lastStep: number;
  readonly prolonged: boolean;
  readonly left: number | null;
  readonly ended: number | null;
  readonly newestStart: number | null;
  readonly oddInRow: number;
  readonly late: number;
  readonly dropped: number;
  readonly droppedSinceBoundary: number;
  /** By stream: steps in which it came though it is not in the period. */
  readonly strays: readonly number[];
};
