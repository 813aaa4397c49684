/** What groups are for, from their members and how often they work, where no name tells it. */
import type { GroupKind } from "@lockstep/schemas/domain/operation";
import { DisjointSets } from "../stats/disjoint-sets.ts";
import type { Observed, ObservedGroup } from "./observed-groups.ts";

/** Operations of a group in a step from which, with no other group to compare, it is tensor parallel: two per layer at least. */
const tensorRate = 16;
/** How many times busier than the other groups of its ranks a tensor-parallel group is. */
const busier = 2;

/** By communicator. "?" stays where a group spans several dimensions, as embedding and model-parallel groups do. */
export function groupKinds(observed: Observed): Map<string, GroupKind> {
  const kinds = new Map<string, GroupKind>();
  const { processes } = observed;
  let largest = 0;
  for (const { size } of observed.groups.values()) largest = Math.max(largest, size);
  for (const group of observed.groups.values()) kinds.set(group.id, toldOrPlain(group, processes.size, largest));
  const open = [...observed.groups.values()].filter(({ id }) => kinds.get(id) === "?");
  for (const group of open) if (isTensorParallel(group, observed, kinds)) kinds.set(group.id, "TP");
  const replica = replicas(observed, kinds);
  for (const group of open) {
    if (kinds.get(group.id) === "TP") continue;
    const apart = new Set([...group.processes.values()].map((process) => replica.get(process)));
    if (apart.size === group.processes.size && group.size > 1) kinds.set(group.id, "DP");
  }
  return kinds;
}

function toldOrPlain(group: ObservedGroup, processes: number, largest: number): GroupKind {
  if (group.kind !== "?") return group.kind;
  // Sends alone are a pipeline's; with collectives beside them they may be anything's.
  if (group.pairs && group.collectives === 0) return "PP";
  return group.size === largest && group.processes.size === processes && processes > 2 ? "WORLD" : "?";
}

/** Inside one node, and busier than the other groups of its ranks. */
function isTensorParallel(group: ObservedGroup, observed: Observed, kinds: ReadonlyMap<string, GroupKind>): boolean {
  if (group.size < 2 || group.processes.size < 2 || group.collectives === 0) return false;
  const nodes = new Set([...group.processes.values()].map((process) => observed.processes.get(process)!.node));
  if (nodes.size > 1 || nodes.has(undefined)) return false;
  const rate = rateOf(group);
  let others = 0;
  for (const process of group.processes.values()) {
    for (const id of observed.processes.get(process)!.groups.keys()) {
      const other = observed.groups.get(id)!;
      if (other === group || other.collectives === 0) continue;
      if (other.kind === "TP") return false;
      if (kinds.get(id) !== "WORLD") others = Math.max(others, rateOf(other));
    }
  }
  return others > 0 ? rate >= busier * others : rate >= tensorRate;
}

/** Collectives per row: rows are one per step, collective and rank. */
function rateOf({ collectives, rows }: ObservedGroup): number {
  return collectives / rows;
}

/** By process: those that work on the same data, joined by tensor, context and pipeline parallel groups. */
function replicas({ processes, groups }: Observed, kinds: ReadonlyMap<string, GroupKind>): Map<string, number> {
  const index = new Map([...processes.keys()].map((process, i) => [process, i]));
  const sets = new DisjointSets(processes.size);
  for (const group of groups.values()) {
    const kind = kinds.get(group.id);
    if (kind !== "TP" && kind !== "CP" && kind !== "PP") continue;
    const members = [...group.processes.values()].map((process) => index.get(process)!);
    for (const member of members.slice(1)) sets.join(members[0]!, member);
  }
  return new Map([...index].map(([process, i]) => [process, sets.find(i)]));
}
