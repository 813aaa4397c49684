import "server-only";
import { fromStored } from "@lockstep/analysis/fold/stored-step-row";
import { inferTopology } from "@lockstep/analysis/topology/infer-topology";
import { collectiveRows } from "@lockstep/schemas/queries/collective-rows";
import type { TimeRange } from "../url/range.ts";
import { getStore } from "./store.ts";

export type JobRanks = {
  /** By process: its rank in the job. */
  readonly ofProcess: ReadonlyMap<string, number>;
  /** By rank, where the traces number ranks as the program itself does; else empty. */
  readonly nodes: ReadonlyMap<number, string>;
};

type Slot = { readonly job: string; readonly atMs: number; readonly ranks: Promise<JobRanks> };
/** Who is who changes only with a new start of a job, and costs a second to ask for of a very large one. */
const kept: Slot[] = [];
const MAX_KEPT = 8;
/** Steps end on the nodes' clocks. */
const SKEW_MS = 5_000;
const KEPT_MS = 120_000;

/** As the rows of one step tell it. */
export function jobRanks(job: string, lastStep: number, range: TimeRange, nowMs: number): Promise<JobRanks> {
  const found = kept.find((slot) => slot.job === job && nowMs - slot.atMs < KEPT_MS);
  if (found !== undefined) return found.ranks;
  const ranks = readRanks(job, lastStep, range);
  kept.unshift({ job, atMs: nowMs, ranks });
  kept.length = Math.min(kept.length, MAX_KEPT);
  ranks.catch(() => {
    const at = kept.findIndex((slot) => slot.ranks === ranks);
    if (at >= 0) kept.splice(at, 1);
  });
  return ranks;
}

/** The last step but one: not all ranks have ended the last. */
async function readRanks(job: string, lastStep: number, { fromMs }: TimeRange): Promise<JobRanks> {
  const step = Math.max(0, lastStep - 1);
  const rows = await getStore().read(
    collectiveRows({ job, firstStep: step, lastStep: step, sinceMs: fromMs - SKEW_MS }),
  );
  const { ranks, numbering } = inferTopology(rows.map(fromStored));
  const known = numbering === "ours" ? [] : ranks.filter(({ node }) => node !== undefined);
  return {
    ofProcess: new Map(ranks.map(({ process, rank }) => [process, rank])),
    nodes: new Map(known.map(({ rank, node }) => [rank, node!])),
  };
}
