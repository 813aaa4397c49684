/** The wait chain of a step as boxes and arrows: who waited for whom, from the longest wait to the one who waited for nobody. */
import type { WorstStep } from "@lockstep/analysis/straggler/judgement";

export type ChainBox = {
  readonly rank: number;
  readonly node: string | null;
  /** Microseconds waited by this rank for the next; null: it waited for nobody. */
  readonly waitedUs: number | null;
  /** In which operation. */
  readonly communicator: string | null;
  readonly collective: string | null;
};

export type WaitChain = {
  readonly step: number;
  readonly stepUs: number;
  /** Left to right: the last is where the delay begins. */
  readonly boxes: readonly ChainBox[];
};

export function waitChain(
  worst: WorstStep | undefined,
  nodeOf: (rank: number) => string | undefined,
): WaitChain | null {
  const last = worst?.chain.at(-1);
  if (worst === undefined || last === undefined) return null;
  const boxes = worst.chain.map(
    ({ rank, us, communicator, collective }): ChainBox => ({
      rank,
      node: nodeOf(rank) ?? null,
      waitedUs: us,
      communicator,
      collective,
    }),
  );
  const end = { rank: last.waitedFor, node: nodeOf(last.waitedFor) ?? null };
  return {
    step: worst.step,
    stepUs: worst.stepTimeUs,
    boxes: [...boxes, { ...end, waitedUs: null, communicator: null, collective: null }],
  };
}
