import type { JobGroup } from "./job-groups.ts";
import { hasCompleted, pushedOut, type RankRecord, type Recorded } from "./rank-record.ts";
import type { Wait } from "./wait.ts";

/** One direction between two ranks of a group. */
type Channel = {
  readonly group: JobGroup;
  readonly from: number;
  readonly to: number;
  sends: Recorded[];
  recvs: Recorded[];
};

/** The sends and receives that were entered and did not complete, each with its other end. */
export function pairWaits(records: ReadonlyMap<number, RankRecord>, stale: ReadonlySet<number>): Wait[] {
  const channels = channelsOf(records, stale);
  const counted = groupsCountedAlike(channels);
  const paired = [...channels.values()].flatMap((channel) =>
    counted.has(channel.group.key) ? byNumber(channel, records, stale) : byOrder(channel, records, stale),
  );
  return [...paired, ...withoutPeer(records, stale)];
}

/** Batches whose parts were not recorded, and receives from anyone. */
function withoutPeer(records: ReadonlyMap<number, RankRecord>, stale: ReadonlySet<number>): Wait[] {
  return [...records.values()]
    .filter(({ rank }) => !stale.has(rank))
    .flatMap(({ operations }) =>
      operations.filter(({ p2p, peer, completed }) => p2p && peer === undefined && !completed),
    )
    .map((operation) => {
      const { rank, group, seq, collective } = operation;
      return {
        group,
        p2p: true,
        seq,
        collective,
        members: group.members,
        waiting: new Map([[rank, operation]]),
        completedBy: [],
        missing: [],
        unknown: group.members.filter((member) => member !== rank),
        opaque: true,
      };
    });
}

function channelsOf(records: ReadonlyMap<number, RankRecord>, stale: ReadonlySet<number>): Map<string, Channel> {
  const channels = new Map<string, Channel>();
  for (const { rank, operations } of records.values()) {
    if (stale.has(rank)) continue;
    for (const operation of operations) {
      const { group, p2p, peer, collective } = operation;
      if (!p2p || peer === undefined || (collective !== "Send" && collective !== "Recv")) continue;
      const [from, to] = collective === "Send" ? [rank, peer] : [peer, rank];
      const key = `${group.key}|${from}>${to}`;
      const channel = channels.get(key) ?? { group, from, to, sends: [], recvs: [] };
      channels.set(key, channel);
      (collective === "Send" ? channel.sends : channel.recvs).push(operation);
    }
  }
  return channels;
}

/**
 * Groups in which the two ends of a message have the same point-to-point number. Each rank counts for itself, so this holds
 * where every rank talks to one other only (pipelines made of pairs) and not where it talks to several in turn. In a larger
 * group it takes two such pairs at least, since a ring may hold but one of the others a rank talks to.
 */
function groupsCountedAlike(channels: ReadonlyMap<string, Channel>): Set<number> {
  const byGroup = new Map<JobGroup, Channel[]>();
  for (const channel of channels.values()) byGroup.set(channel.group, [...(byGroup.get(channel.group) ?? []), channel]);
  const alike = [...byGroup].filter(([group, own]) => {
    const pairs = own.map(sameNumbers);
    if (pairs.includes("different")) return false;
    if (group.members.length <= 2) return true;
    const peers = new Map<number, Set<number>>();
    for (const { from, to } of own) {
      peers.set(from, (peers.get(from) ?? new Set()).add(to));
      peers.set(to, (peers.get(to) ?? new Set()).add(from));
    }
    const single = [...peers.values()].every(({ size }) => size === 1);
    return single && peers.size >= 4 && pairs.includes("same");
  });
  return new Set(alike.map(([{ key }]) => key));
}

/** Compared where both rings reach. */
function sameNumbers({ sends, recvs }: Channel): "same" | "different" | "unknown" {
  const sent = new Set(sends.map(({ seq }) => seq));
  const received = new Set(recvs.map(({ seq }) => seq));
  const low = Math.max(Math.min(...sent), Math.min(...received));
  const high = Math.min(Math.max(...sent), Math.max(...received));
  const both = [...sent, ...received].filter((seq) => seq >= low && seq <= high);
  if (both.length === 0) return "unknown";
  return both.every((seq) => sent.has(seq) && received.has(seq)) ? "same" : "different";
}

function byNumber(channel: Channel, records: ReadonlyMap<number, RankRecord>, stale: ReadonlySet<number>): Wait[] {
  const sends = numbered(channel.sends);
  const recvs = numbered(channel.recvs);
  const keys = new Set([...sends.keys(), ...recvs.keys()]);
  return [...keys].flatMap((key) => {
    const send = sends.get(key);
    const recv = recvs.get(key);
    const seq = (send ?? recv)!.seq;
    const stateOf = (rank: number): State => {
      if (stale.has(rank)) return "unknown";
      const progress = records.get(rank)?.progress.get(channel.group.key)?.p2p;
      if (progress?.entered === undefined) return "unknown";
      if (progress.entered < seq) return "missing";
      return hasCompleted(records.get(rank)!, progress, seq) ? "completed" : "waiting";
    };
    return waitOf(channel, seq, send, recv, stateOf);
  });
}

/** Several messages one way in a batch share a number: they pair in their order. */
function numbered(operations: readonly Recorded[]): Map<string, Recorded> {
  const counts = new Map<number, number>();
  return new Map(
    operations.map((operation) => {
      const count = counts.get(operation.seq) ?? 0;
      counts.set(operation.seq, count + 1);
      return [`${operation.seq}#${count}`, operation];
    }),
  );
}

/**
 * Where numbers do not tell, the n-th that is open at one end pairs with the n-th that is open at the other. A send may
 * complete before it is received, so a receive with no open send is no proof that nothing was sent.
 */
function byOrder(channel: Channel, records: ReadonlyMap<number, RankRecord>, stale: ReadonlySet<number>): Wait[] {
  const sends = channel.sends.filter(({ completed }) => !completed);
  const recvs = channel.recvs.filter(({ completed }) => !completed);
  const waits: Wait[] = [];
  for (let at = 0; at < Math.max(sends.length, recvs.length); at++) {
    const send = sends[at];
    const recv = recvs[at];
    const stateOf = (rank: number): State => {
      if (stale.has(rank) || !records.has(rank)) return "unknown";
      return send === undefined && channel.sends.length > 0 ? "unknown" : "missing";
    };
    waits.push(...waitOf(channel, (send ?? recv)!.seq, send, recv, stateOf));
  }
  return waits;
}

/** "waiting": it entered, its ring no longer holds it, and nothing says that it completed. */
type State = "missing" | "unknown" | "completed" | "waiting";

function waitOf(
  { group, from, to }: Channel,
  seq: number,
  send: Recorded | undefined,
  recv: Recorded | undefined,
  stateOf: (rank: number) => State,
): Wait[] {
  const waiting = new Map<number, Recorded>();
  const ends: Record<State, number[]> = { missing: [], unknown: [], completed: [], waiting: [] };
  for (const [rank, operation] of [[from, send] as const, [to, recv] as const]) {
    if (operation === undefined) ends[stateOf(rank)].push(rank);
    else if (operation.completed) ends.completed.push(rank);
    else waiting.set(rank, operation);
  }
  const [first] = waiting.values();
  if (first === undefined) return [];
  for (const rank of ends.waiting) {
    waiting.set(rank, pushedOut({ rank, group, p2p: true, seq, peer: rank === from ? to : from }));
  }
  return [
    {
      group,
      p2p: true,
      seq,
      collective: first.collective,
      members: [from, to],
      waiting,
      completedBy: ends.completed,
      missing: ends.missing,
      unknown: ends.unknown,
    },
  ];
}
