/** Who does the same work as whom, from the membership of communicators alone: role, replica and pipeline stage of each rank. */
import { DisjointSets } from "../stats/disjoint-sets.ts";
import type { Communicator, JobWindow } from "./job-window.ts";

export type Roles = {
  /** By rank index: ranks of one role do the same work on other data. */
  readonly role: Int32Array;
  /** Rank indexes by role. */
  readonly members: readonly Int32Array[];
  /** By rank index: ranks of one replica work on the same data in the same step. */
  readonly replica: Int32Array;
  /** From 0; -1 where there is no pipeline or its order is not known. */
  readonly stage: Int32Array;
  readonly stages: number;
};

export function rolesOf(window: JobWindow): Roles {
  const position = stagePositions(window);
  const { role, members } = numbered(roleKeys(window, position));
  const stage = agreedStages(members, position);
  let stages = 0;
  for (const value of stage) stages = Math.max(stages, value + 1);
  return { role, members, replica: replicas(window), stage, stages };
}

/**
 * The ranks of a data-parallel group have equal roles by definition, and groups that share a rank (sharded and replicated
 * data parallelism, say) join. A rank that is in none has the role of its places in its other groups. Where no kind is
 * known at all, the widest groups are taken as the data-parallel ones.
 */
function roleKeys(window: JobWindow, position: Int32Array): string[] {
  const known = window.communicators.some((c) => c.kind !== "WORLD" && c.kind !== "?");
  const widest = window.communicators.reduce((size, c) => Math.max(size, c.members.length), 0);
  const isPeerGroup = (c: Communicator) => (known ? c.kind === "DP" : c.members.length === widest);
  const sets = joined(window, isPeerGroup);
  const inPeerGroup = new Uint8Array(window.ranks.length);
  const places = window.ranks.map(() => [] as string[]);
  for (const communicator of window.communicators) {
    const peers = isPeerGroup(communicator);
    const placed = communicator.kind === "TP" || communicator.kind === "CP" || communicator.kind === "EP";
    if (!peers && !placed) continue;
    communicator.members.forEach((rank, place) => {
      if (rank < 0) return;
      if (peers) inPeerGroup[rank] = 1;
      else places[rank]!.push(`${communicator.kind}${place}`);
    });
  }
  return places.map((own, rank) =>
    inPeerGroup[rank] ? `#${sets.find(rank)}` : `${own.sort().join(" ")} stage ${position[rank]}`,
  );
}

function numbered(keys: readonly string[]): { role: Int32Array; members: Int32Array[] } {
  const ids = new Map<string, number[]>();
  for (const [rank, key] of keys.entries()) {
    const ranks = ids.get(key);
    if (ranks) ranks.push(rank);
    else ids.set(key, [rank]);
  }
  const members = [...ids.values()].map((ranks) => Int32Array.from(ranks));
  const role = new Int32Array(keys.length);
  for (const [id, ranks] of members.entries()) for (const rank of ranks) role[rank] = id;
  return { role, members };
}

/** Tensor, pipeline and context parallel ranks share their micro-batches; expert groups cut across replicas. */
function replicas(window: JobWindow): Int32Array {
  const sets = joined(window, (c) => c.kind === "TP" || c.kind === "PP" || c.kind === "CP");
  return Int32Array.from(window.ranks, (_, rank) => sets.find(rank));
}

function joined(window: JobWindow, include: (communicator: Communicator) => boolean): DisjointSets {
  const sets = new DisjointSets(window.ranks.length);
  for (const communicator of window.communicators) {
    if (!include(communicator)) continue;
    let first = -1;
    for (const rank of communicator.members) {
      if (rank < 0) continue;
      if (first < 0) first = rank;
      else sets.join(first, rank);
    }
  }
  return sets;
}

/**
 * Place in the pipeline: in a group of the whole pipeline by membership; in pipelines known by their pairs only, by job
 * rank, which all common layouts count upwards with the stage. A chain that is broken by an unheard rank has no order.
 */
function stagePositions(window: JobWindow): Int32Array {
  const position = new Int32Array(window.ranks.length).fill(-1);
  for (const c of window.communicators) {
    if (c.kind !== "PP" || c.members.length <= 2) continue;
    c.members.forEach((rank, place) => {
      if (rank >= 0) position[rank] = place;
    });
  }
  for (const chain of pairChains(window)) {
    chain.sort((a, b) => window.ranks[a]!.rank - window.ranks[b]!.rank);
    for (const [place, rank] of chain.entries()) if (position[rank] === -1) position[rank] = place;
  }
  return position;
}

function pairChains(window: JobWindow): number[][] {
  const isPair = (c: Communicator) => c.kind === "PP" && c.members.length === 2;
  const sets = joined(window, isPair);
  const chains = new Map<number, Set<number>>();
  for (const c of window.communicators) {
    if (!isPair(c)) continue;
    for (const rank of c.members) {
      if (rank < 0) continue;
      const chain = chains.get(sets.find(rank)) ?? new Set();
      chains.set(sets.find(rank), chain.add(rank));
    }
  }
  const longest = Math.max(0, ...[...chains.values()].map((chain) => chain.size));
  return [...chains.values()].filter((chain) => chain.size === longest && longest > 1).map((chain) => [...chain]);
}

/** Ranks of a role stand in the same stage: the majority of those whose place is known speaks for those whose is not. */
function agreedStages(members: readonly Int32Array[], position: Int32Array): Int32Array {
  const stage = new Int32Array(position.length).fill(-1);
  for (const ranks of members) {
    const votes = new Map<number, number>();
    for (const rank of ranks) {
      const place = position[rank]!;
      if (place >= 0) votes.set(place, (votes.get(place) ?? 0) + 1);
    }
    let agreed = -1;
    for (const [place, count] of votes) if (count > (votes.get(agreed) ?? 0)) agreed = place;
    for (const rank of ranks) stage[rank] = agreed;
  }
  return stage;
}
