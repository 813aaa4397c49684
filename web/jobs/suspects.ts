/** The ranks of a judged window that stand out, worst first. */
import type { JobWindow } from "@lockstep/analysis/straggler/job-window";
import type { RankColumns } from "@lockstep/analysis/straggler/judgement";

export type RankRow = {
  readonly rank: number;
  readonly process: string;
  readonly node: string | null;
  readonly gpu: string | null;
  readonly stage: number | null;
  /** Against its peers: 1 is equal. */
  readonly score: number | null;
  readonly z: number | null;
  readonly selfUs: number | null;
  /** Share of the step by which it is later than the others of its group. */
  readonly lateness: number | null;
  /** GPU-seconds in this window: waited by others for it, and by it for others. */
  readonly caused: number | null;
  readonly waited: number | null;
  readonly peers: number;
};

/** `named`: job ranks that findings name, with their GPUs where told. These first, then by score; `most` of them. */
export function rankRows(
  window: JobWindow,
  columns: RankColumns,
  named: ReadonlyMap<number, string | null>,
  most: number,
): RankRow[] {
  const order = [...window.ranks.keys()].sort((a, b) => {
    const isNamed = (at: number) => Number(named.has(window.ranks[at]!.rank));
    return isNamed(b) - isNamed(a) || (known(columns.score[b]) ?? 0) - (known(columns.score[a]) ?? 0);
  });
  return order.slice(0, most).map((at): RankRow => {
    const { rank, process, node, gpu } = window.ranks[at]!;
    const stage = columns.stage[at]!;
    return {
      rank,
      process,
      node: node ?? null,
      gpu: gpu ?? named.get(rank) ?? null,
      stage: stage < 0 ? null : stage,
      score: known(columns.score[at]),
      z: known(columns.z[at]),
      selfUs: known(columns.selfMedianUs[at]),
      lateness: known(columns.latenessShare[at]),
      caused: known(columns.wasteGpuSeconds[at]),
      waited: known(columns.waitGpuSeconds[at]),
      peers: columns.peers[at]!,
    };
  });
}

function known(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
