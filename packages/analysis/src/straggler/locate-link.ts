/** Which rank's or node's link explains the slow groups: by what they have in common and the other groups do not. */
import type { JobWindow } from "./job-window.ts";
import type { GroupRow } from "./judgement.ts";
import type { Thresholds } from "./thresholds.ts";
import { nodesOf, supportingRatio, type Transfer } from "./transfer.ts";

export type SlowLink = {
  /** Indexes into the transfer's rows, the slowest first. */
  readonly rows: readonly number[];
  /** Index into `ranks`, where all of it goes through one rank's link. */
  readonly rank: number | undefined;
  readonly node: string | undefined;
};

/** A link is named when at least this share of what goes over it is slow: noise hides some, but not most. */
const slowShare = 0.75;
/** Beyond so many there is no point in naming links one by one: the network is slow. */
const maxLinks = 8;

/**
 * A rank or a node takes the groups it shares; what is left over is told as groups. With one slow group, or with several
 * places that explain them equally well, no place is named.
 */
export function locateSlowLinks(window: JobWindow, transfer: Transfer, thresholds: Thresholds): SlowLink[] {
  const links: SlowLink[] = [];
  let rest = bySlowness(transfer, transfer.slow);
  if (rest.length === 0) return links;
  const usage = placesOf(window, transfer);
  let supports = supportingRows(transfer, thresholds);
  while (rest.length > 0 && links.length < maxLinks) {
    const place = bestPlace(usage, transfer, rest, supports);
    if (!place) break;
    const taken = new Set(place.rows);
    rest = rest.filter((row) => !taken.has(row));
    supports = supports.filter((row) => !taken.has(row));
    // Of groups with an unheard member alone nothing is said: see below.
    if (place.rows.every((row) => transfer.doubtful[row])) continue;
    links.push({
      rows: bySlowness(transfer, place.rows),
      rank: place.rank,
      node: place.rank === undefined ? place.node : window.ranks[place.rank]!.node,
    });
  }
  // All members wait for one that was not heard just as they wait for a slow link.
  rest = rest.filter((row) => !transfer.doubtful[row]);
  if (rest.length > 0) links.push({ rows: rest, rank: undefined, node: onlyNode(window, transfer, rest) });
  return links;
}

function bySlowness(transfer: Transfer, rows: readonly number[]): number[] {
  return [...rows].sort((a, b) => transfer.rows[b]!.score - transfer.rows[a]!.score || a - b);
}

/** Rows of half the excess, at least: those found slow, and those that alone would be none. */
function supportingRows({ rows, slow }: Transfer, thresholds: Thresholds): number[] {
  const found = new Set(slow);
  const supports = ({ score, z }: GroupRow) => score >= supportingRatio(thresholds) && z >= thresholds.z;
  return [...rows.keys()].filter((row) => found.has(row) || supports(rows[row]!));
}

type Place = { readonly rank?: number; readonly node?: string; readonly rows: number[] };

/** Groups inside one node use no network card, so they speak neither for nor against a link that leaves it. */
function placesOf(window: JobWindow, transfer: Transfer): Place[] {
  const ranks = new Map<number, Place & { rank: number }>();
  const nodes = new Map<string, Place & { node: string }>();
  for (const [row, index] of transfer.column.entries()) {
    if (!transfer.judged[row]) continue;
    const { members } = window.communicators[window.operations[index]!.communicator]!;
    const spanned = nodesOf(window, members);
    if (spanned.size === 1) continue;
    for (const rank of members) {
      if (rank < 0) continue;
      const place = ranks.get(rank) ?? { rank, rows: [] };
      place.rows.push(row);
      ranks.set(rank, place);
    }
    for (const node of spanned) {
      const place = nodes.get(node) ?? { node, rows: [] };
      place.rows.push(row);
      nodes.set(node, place);
    }
  }
  return [...ranks.values(), ...nodes.values()];
}

/**
 * The place that explains most of the slow groups: share of its groups that are slow less the share of the others'. A rank
 * goes before its node when it explains as many, being the narrower of the two; a tie between two ranks or two nodes names nobody.
 */
function bestPlace(
  places: readonly Place[],
  transfer: Transfer,
  rest: readonly number[],
  supports: readonly number[],
): Place | undefined {
  const found = new Set(rest);
  const slow = new Set(supports);
  const judged = transfer.judged.reduce((sum, one) => sum + one, 0);
  const scored = places
    .map((place) => {
      const rows = place.rows.filter((row) => slow.has(row));
      const inside = rows.length / place.rows.length;
      const outside = (slow.size - rows.length) / Math.max(1, judged - place.rows.length);
      return { place: { ...place, rows }, inside, groups: groupsOf(transfer, rows), score: inside - outside };
    })
    .filter(
      ({ place, groups, inside }) => groups > 1 && inside >= slowShare && place.rows.some((row) => found.has(row)),
    )
    .sort((a, b) => b.groups - a.groups || b.score - a.score || narrower(a.place, b.place));
  const [first, second] = scored;
  if (!first) return undefined;
  const tied = second && second.groups === first.groups && second.score === first.score;
  const sameWidth = tied && (second.place.rank === undefined) === (first.place.rank === undefined);
  return sameWidth ? undefined : first.place;
}

function narrower(a: Place, b: Place): number {
  return (a.rank === undefined ? 1 : 0) - (b.rank === undefined ? 1 : 0);
}

function groupsOf(transfer: Transfer, rows: readonly number[]): number {
  return new Set(rows.map((row) => transfer.rows[row]!.communicator)).size;
}

function onlyNode(window: JobWindow, transfer: Transfer, rows: readonly number[]): string | undefined {
  const nodes = new Set<string>();
  for (const row of rows) {
    const { members } = window.communicators[window.operations[transfer.column[row]!]!.communicator]!;
    for (const rank of members) {
      const node = rank < 0 ? undefined : window.ranks[rank]!.node;
      if (node === undefined) return undefined;
      nodes.add(node);
    }
  }
  return nodes.size === 1 ? [...nodes][0] : undefined;
}
