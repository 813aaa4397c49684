import type { CulpritReason } from "./culprits.ts";
import type { RankRecord, Recorded } from "./rank-record.ts";
import type { Wait } from "./wait.ts";
import type { WaitGraph } from "./wait-graph.ts";

export type Suspects = { readonly ranks: readonly number[]; readonly reason: CulpritReason; readonly wait: Wait };

/**
 * Who to suspect where everyone entered `wait`, nobody completed it and nothing holds it up: ranks that differ from their
 * peers in how far they came, as long as they are not more than half. Nobody, where all are alike: then it is communication.
 */
export function stalled(
  wait: Wait,
  index: number,
  graph: WaitGraph,
  records: ReadonlyMap<number, RankRecord>,
): Suspects {
  const early = stoppedEarly(wait, index, graph);
  const tests: [CulpritReason, readonly number[], Wait][] = [
    ["stopped_early", [...early.keys()], early.values().next().value ?? wait],
    ["gpu_stopped", isBehind(wait, graph), wait],
    ["gpu_not_started", notStarted(wait, records), wait],
    ["inside_call", insideCall(wait, records), wait],
  ];
  for (const [reason, ranks, at] of tests)
    if (ranks.length > 0 && ranks.length * 2 <= wait.members.length) return { ranks, reason, wait: at };
  return { ranks: [], reason: "never_entered", wait };
}

/**
 * Ranks that lack in a later operation which a peer entered although it waits in everything they wait in: so it is not the
 * waiting that stops them.
 */
function stoppedEarly(wait: Wait, index: number, graph: WaitGraph): Map<number, Wait> {
  const found = new Map<number, Wait>();
  // Whoever sends goes on and whoever receives waits: the ends of a message differ without a fault.
  if (wait.p2p) return found;
  for (const later of graph.leadingTo([index])) {
    const { missing, waiting } = graph.waits[later]!;
    for (const rank of missing) {
      if (!wait.waiting.has(rank) || found.has(rank)) continue;
      const own = graph.ofRank.get(rank)!;
      const wentOn = [...waiting].some(
        ([peer, { order }]) =>
          wait.waiting.has(peer) &&
          own.every((each) => (graph.waits[each]!.waiting.get(peer)?.order ?? Number.POSITIVE_INFINITY) < order),
      );
      if (wentOn) found.set(rank, graph.waits[later]!);
    }
  }
  return found;
}

function isBehind({ waiting }: Wait, graph: WaitGraph): number[] {
  return [...waiting]
    .filter(([rank, { order }]) =>
      graph.behind.get(rank)?.some((finished) => finished.waiting.get(rank)!.order < order),
    )
    .map(([rank]) => rank);
}

/** Only where start times are recorded, and some have begun. */
function notStarted({ waiting, group, seq, p2p }: Wait, records: ReadonlyMap<number, RankRecord>): number[] {
  const begun = new Set<number>();
  const timed: number[] = [];
  for (const [rank, operation] of waiting) {
    const record = records.get(rank)!;
    const { parts } = operation;
    if (!record.timed || (p2p && !reachesBackBeyond(operation, record))) continue;
    const status = p2p ? undefined : record.progress.get(group.key)?.started;
    // What its ring no longer holds may have begun.
    if (parts.length === 0 && status === undefined) continue;
    timed.push(rank);
    const marked = parts.some(({ state, startedUs }) => state === "started" || startedUs !== undefined);
    if (marked || (status !== undefined && status >= seq)) begun.add(rank);
  }
  return begun.size === 0 ? [] : timed.filter((rank) => !begun.has(rank));
}

/** Whether the message that was sent before the same way is still known: if not, that one may be what was not begun. */
function reachesBackBeyond({ group, peer, collective, order }: Recorded, { operations, dump }: RankRecord): boolean {
  if (dump.entries[0]?.recordId === 0) return true;
  return operations.some(
    (other) =>
      other.p2p &&
      other.group === group &&
      other.peer === peer &&
      other.collective === collective &&
      other.order < order,
  );
}

function insideCall({ waiting, group, seq, p2p }: Wait, records: ReadonlyMap<number, RankRecord>): number[] {
  if (p2p) return [];
  const returned = [...waiting.keys()].map((rank) => ({
    rank,
    seq: records.get(rank)!.progress.get(group.key)?.returned,
  }));
  if (!returned.some((each) => each.seq !== undefined && each.seq >= seq)) return [];
  return returned.filter((each) => each.seq !== undefined && each.seq >= 0 && each.seq < seq).map(({ rank }) => rank);
}
