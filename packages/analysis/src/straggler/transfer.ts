/** Transfer time of the groups, compared between groups that do the same. */
import { median, medianOfPrefix } from "../stats/median.ts";
import type { JobWindow, OperationColumn } from "./job-window.ts";
import type { GroupRow } from "./judgement.ts";
import { peerRatio } from "./peer-ratio.ts";
import { isSlow, robustScore } from "./robust-score.ts";
import type { Thresholds } from "./thresholds.ts";
import { showsTransfer } from "./valid-duration.ts";

export type Transfer = {
  readonly rows: readonly GroupRow[];
  /** Indexes into `rows` of the groups found slow. */
  readonly slow: readonly number[];
  /** By row: index into `operations`. */
  readonly column: Int32Array;
  /** By row: whether it could be compared. */
  readonly judged: Uint8Array;
  /** By row: not all members were heard. */
  readonly incomplete: Uint8Array;
  /** By row: 1 where a wait for an unheard member may pass for transfer. */
  readonly doubtful: Uint8Array;
  /** By row, microseconds of a step above the class's median. */
  readonly excessUs: Float64Array;
};

/** With more members unheard than this, the unheard one is too often the last arriver for the minimum to mean transfer. */
const maxUnheardShare = 0.25;

export function transferOf(window: JobWindow, thresholds: Thresholds): Transfer {
  const column = Int32Array.from(
    window.operations.map((_, index) => index).filter((index) => showsTransfer(window.operations[index]!)),
  );
  const values = new Float64Array(column.length * window.steps).fill(Number.NaN);
  const incomplete = new Uint8Array(column.length);
  for (const [row, index] of column.entries()) {
    const operation = window.operations[index]!;
    const { members } = window.communicators[operation.communicator]!;
    const unheard = members.filter((rank) => rank < 0).length;
    incomplete[row] = unheard > 0 ? 1 : 0;
    if (unheard <= members.length * maxUnheardShare) transferBySteps(window, operation, values, row);
  }
  const sets = classes(window, column);
  const ratio = peerRatio(values, window.steps, sets, thresholds.minPeers);
  const budget = thresholds.falseAlarmsPerWindow / 2;
  const score = robustScore(ratio.log, window.steps, sets, thresholds, column.length, budget);
  const rows = Array.from(column, (index, row) =>
    groupRow(window, index, median(values.subarray(row * window.steps, (row + 1) * window.steps)), {
      score: Math.exp(score.level[row]!),
      z: score.z[row]!,
    }),
  );
  return {
    rows,
    slow: rows.map((_, row) => row).filter((row) => isSlow(score, row, thresholds.transferRatio, thresholds)),
    column,
    judged: Uint8Array.from(rows, ({ score }) => (Number.isNaN(score) ? 0 : 1)),
    incomplete,
    doubtful: Uint8Array.from(rows, (row, i) =>
      incomplete[i] && mayBeWaiting(window, window.operations[column[i]!]!, row.transferUs / row.score) ? 1 : 0,
    ),
    excessUs: Float64Array.from(rows, ({ transferUs, score }, row) => {
      const { slots, perSlot } = window.operations[column[row]!]!;
      return transferUs * (1 - 1 / score) * slots * perSlot;
    }),
  };
}

/** An unheard member is not the last in every operation; in so few of them that it was not, chance may have kept it so. */
const minOperations = 100;
const fastShare = 0.05;

/** Where some operations take no longer than the class's median, the link can do that, and the others waited for somebody. */
function mayBeWaiting(window: JobWindow, operation: OperationColumn, normalUs: number): boolean {
  const { members } = window.communicators[operation.communicator]!;
  const { exec, slots, perSlot } = operation;
  let operations = 0;
  let fast = 0;
  for (let row = 0; row < window.steps * slots; row++) {
    const us = shortestOf(exec, row * members.length, members) / perSlot;
    if (us === Number.POSITIVE_INFINITY) continue;
    operations++;
    if (us <= normalUs) fast++;
  }
  return operations < minOperations || fast > fastShare * operations;
}

/** Infinity where nobody was heard. */
function shortestOf(exec: Float32Array, base: number, members: Int32Array): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let member = 0; member < members.length; member++) {
    const us = exec[base + member]!;
    if (us < shortest && members[member]! >= 0) shortest = us;
  }
  return shortest;
}

/** Median over the slots of the shortest duration among the members, of one operation; a step with a slot unheard keeps the others. */
function transferBySteps(window: JobWindow, operation: OperationColumn, values: Float64Array, row: number): void {
  const { members } = window.communicators[operation.communicator]!;
  const { exec, slots, perSlot } = operation;
  const shortest = new Float64Array(slots);
  for (let step = 0; step < window.steps; step++) {
    let n = 0;
    for (let slot = 0; slot < slots; slot++) {
      const min = shortestOf(exec, (step * slots + slot) * members.length, members);
      if (min < Number.POSITIVE_INFINITY) shortest[n++] = min / perSlot;
    }
    values[row * window.steps + step] = medianOfPrefix(shortest, n);
  }
}

/** Groups of equal kind, size, collective and bytes, those inside a node apart from those across: crossing costs more by nature. */
function classes(window: JobWindow, column: Int32Array): Int32Array[] {
  const sets = new Map<string, number[]>();
  for (const [row, index] of column.entries()) {
    const operation = window.operations[index]!;
    const { kind, members } = window.communicators[operation.communicator]!;
    const key = `${kind} ${members.length} ${operation.collective} ${operation.bytes} ${operation.slots} ${nodesOf(window, members).size > 1}`;
    const set = sets.get(key);
    if (set) set.push(row);
    else sets.set(key, [row]);
  }
  return [...sets.values()].map((set) => Int32Array.from(set));
}

export function nodesOf(window: JobWindow, members: Int32Array): Set<string> {
  const nodes = new Set<string>();
  for (const rank of members) {
    const node = rank < 0 ? undefined : window.ranks[rank]!.node;
    if (node !== undefined) nodes.add(node);
  }
  return nodes;
}

function groupRow(
  window: JobWindow,
  index: number,
  transferUs: number,
  { score, z }: { score: number; z: number },
): GroupRow {
  const { communicator, collective, bytes } = window.operations[index]!;
  const { id, members } = window.communicators[communicator]!;
  const busbwGbs = (bytes / transferUs / 1e3) * busFactor(collective, members.length);
  return { communicator: id, collective, bytes, transferUs, score, z, busbwGbs };
}

/** Bus bandwidth over algorithm bandwidth for n ranks, as nccl-tests define it; NaN where it has none. */
export function busFactor(collective: string, ranks: number): number {
  switch (collective) {
    case "AllReduce":
      return (2 * (ranks - 1)) / ranks;
    case "AllGather":
    case "ReduceScatter":
    case "AllToAll":
      return (ranks - 1) / ranks;
    case "Broadcast":
    case "Reduce":
    case "SendRecv":
      return 1;
    default:
      return Number.NaN;
  }
}
