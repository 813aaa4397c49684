/** The faults that are simulated: where they sit, and what may be said of them. How they act is in fault-effect.ts. */
import { type Groups, type Layout, nodeOf, rankAt, rankCount, ranksOfNode, ranksOfStage } from "./layout.ts";
import { parameters } from "./parameters.ts";
import type { Random } from "./random.ts";

/** Hangs (a rank that stops entering, a GPU gone with XID 79) leave no steps to judge: they are judged by the hang detector. */
export const faultKinds = [
  "thermal throttle",
  "power brake",
  "contention",
  "data-loader stall",
  "slow node",
  "slow stage",
  "slow NIC",
  "slow NVLink",
  "sequence imbalance",
] as const;

export type FaultKind = (typeof faultKinds)[number];

export type Fault = {
  readonly kind: FaultKind;
  /** Times slower: the work of the culprits, the transfers of the slow groups, or the longest replica of a step. */
  readonly severity: number;
  readonly onset: number;
  /** Job ranks that are slow themselves, or whose link it is; empty where no rank is to blame. */
  readonly ranks: readonly number[];
  /** Indexes of groups whose transfers are slow. */
  readonly groups: readonly number[];
  readonly node: number | undefined;
  readonly stage: number | undefined;
  /** Why a node is slow: its cooling or its processors. */
  readonly nodeReason: "thermal" | "cpu" | undefined;
};

/** Undefined where the layout gives the fault no place, or nothing it could be told from (one group of its kind alone). */
export function drawFault(
  kind: FaultKind,
  severity: number,
  layout: Layout,
  groups: Groups,
  random: Random,
): Fault | undefined {
  const { healthySteps } = parameters.faults;
  const nowhere = { ranks: [], groups: [], node: undefined, stage: undefined, nodeReason: undefined };
  // Drawn always, so that all kinds see the same job at the same seed.
  const onset = healthySteps + random.integer(2 * parameters.window.hop);
  const rank = random.integer(rankCount(layout));
  const nodeReason = random.pick(["thermal", "cpu"] as const);
  const fault = { ...nowhere, kind, severity, onset };
  switch (kind) {
    case "thermal throttle":
    case "power brake":
    case "contention":
      return { ...fault, ranks: [rank], node: nodeOf(layout, rank) };
    case "data-loader stall": {
      // Only the first stage of a pipeline reads the data.
      const reader = rankAt(layout, 0, Math.floor(rank / layout.tensor) % layout.data, rank % layout.tensor);
      return { ...fault, ranks: [reader], node: nodeOf(layout, reader) };
    }
    case "slow node": {
      const node = nodeOf(layout, rank);
      return { ...fault, node, ranks: ranksOfNode(layout, node), nodeReason };
    }
    case "slow stage": {
      if (layout.pipeline < 2) return undefined;
      const stage = rank % layout.pipeline;
      return { ...fault, stage, ranks: ranksOfStage(layout, stage) };
    }
    case "slow NIC":
      return slowLink(fault, layout, groups, rank, true);
    case "slow NVLink":
      return slowLink(fault, layout, groups, rank, false);
    case "sequence imbalance":
      return layout.data < comparable ? undefined : fault;
  }
}

/** Groups of a kind, or replicas, that must exist for one of them to stand out. */
const comparable = 4;

function slowLink(fault: Fault, layout: Layout, groups: Groups, rank: number, acrossNodes: boolean): Fault | undefined {
  const uses = (index: number) => {
    const group = groups.all[index]!;
    // Inside a node an exchange between stages goes over the same links, but layouts of that form are not among ours.
    return group.crossesNodes === acrossNodes && group.members.includes(rank);
  };
  const slow = groups.all.map((_, index) => index).filter(uses);
  const alike = (index: number) => groups.all.filter(({ kind }) => kind === groups.all[index]!.kind).length;
  if (slow.length === 0 || slow.every((index) => alike(index) < comparable)) return undefined;
  return { ...fault, ranks: [rank], groups: slow, node: nodeOf(layout, rank) };
}
