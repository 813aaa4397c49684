/** Transfer time of the groups, compared between groups that do the same. */
import { median, medianBySelection } from "../stats/median.ts";
import type { JobWindow, OperationColumn } from "./job-window.ts";
import type { GroupRow } from "./judgement.ts";
import { peerRatio } from "./peer-ratio.ts";
import { isSlow, robustScore, zLimits } from "./robust-score.ts";
import { sampledSlots } from "./sampled-slots.ts";
import type { Thresholds } from "./thresholds.ts";
import { type ColumnScores, UnheardMembers } from "./unheard-members.ts";
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
  /** ln(transfer / its class), [row * steps + step]. */
  readonly log: Float64Array;
  /** By row, microseconds of an operation in its class; NaN where no group of it shows that. */
  readonly normalUs: Float64Array;
};

/** Where one group is slow for certain, others of the same link are so with this share of the excess. */
const supportingShare = 0.5;

/** From which ratio on a group speaks for a place that another one has made suspect. */
export function supportingRatio({ transferRatio }: Thresholds): number {
  return 1 + supportingShare * (transferRatio - 1);
}

/** With more members unheard than this, the unheard one is too often the last arriver for the minimum to mean transfer. */
const maxUnheardShare = 0.25;

export function transferOf(window: JobWindow, thresholds: Thresholds): Transfer {
  const column = Int32Array.from(
    window.operations.map((_, index) => index).filter((index) => showsTransfer(window.operations[index]!)),
  );
  const values = new Float64Array(column.length * window.steps).fill(Number.NaN);
  const incomplete = new Uint8Array(column.length);
  const scratch = { shortest: new Float64Array(maxSlots), sampled: new Int32Array(maxSlots) };
  for (const [row, index] of column.entries()) {
    const operation = window.operations[index]!;
    const { members } = window.communicators[operation.communicator]!;
    const unheard = members.filter((rank) => rank < 0).length;
    incomplete[row] = unheard > 0 ? 1 : 0;
    if (unheard <= members.length * maxUnheardShare) transferBySteps(window, operation, values, row, scratch);
  }
  const sets = classes(window, column);
  const ratio = peerRatio(values, window.steps, sets, thresholds.minPeers);
  const score = robustScore(ratio.log, window.steps, sets, thresholds);
  const limits = zLimits(score, thresholds, thresholds.falseAlarmsPerIncident, score.judged);
  const rows = Array.from(column, (index, row) =>
    groupRow(window, index, median(values.subarray(row * window.steps, (row + 1) * window.steps)), {
      score: Math.exp(score.level[row]!),
      z: score.z[row]!,
    }),
  );
  return {
    rows,
    slow: rows.map((_, row) => row).filter((row) => isSlow(score, limits, row, thresholds.transferRatio, thresholds)),
    column,
    judged: Uint8Array.from(rows, ({ score }) => (Number.isNaN(score) ? 0 : 1)),
    incomplete,
    doubtful: doubtfulRows(
      window,
      { column, score: Float64Array.from(rows, ({ score }) => score), sets },
      rows,
      thresholds,
    ),
    excessUs: Float64Array.from(rows, ({ transferUs, score }, row) => {
      const { slots, perSlot } = window.operations[column[row]!]!;
      return transferUs * (1 - 1 / score) * slots * perSlot;
    }),
    log: ratio.log,
    normalUs: normalOf(window, column, rows),
  };
}

/** Of a group that could not be compared, what others of its form take, be they inside nodes or across. */
function normalOf(window: JobWindow, column: Int32Array, rows: readonly GroupRow[]): Float64Array {
  const normal = Float64Array.from(rows, ({ transferUs, score }) => transferUs / score);
  const unknown = [...rows.keys()].filter((row) => Number.isNaN(normal[row]!));
  if (unknown.length === 0) return normal;
  const form = (row: number) => formOf(window, window.operations[column[row]!]!);
  const known = new Map<string, number[]>();
  for (const [row, us] of normal.entries()) {
    if (Number.isNaN(us)) continue;
    const found = known.get(form(row));
    if (found) found.push(us);
    else known.set(form(row), [us]);
  }
  const middle = new Map([...known].map(([key, us]) => [key, median(us)]));
  for (const row of unknown) normal[row] = middle.get(form(row)) ?? Number.NaN;
  return normal;
}

/** Only where it matters: of rows that may be told to be slow. */
function doubtfulRows(
  window: JobWindow,
  scores: ColumnScores,
  rows: readonly GroupRow[],
  thresholds: Thresholds,
): Uint8Array {
  const supporting = supportingRatio(thresholds);
  const doubtful = new Uint8Array(rows.length);
  let unheard: UnheardMembers | undefined;
  for (const [row, { transferUs, score }] of rows.entries()) {
    const { members } = window.communicators[window.operations[scores.column[row]!]!.communicator]!;
    if (!(score >= supporting) || !members.includes(-1)) continue;
    unheard ??= new UnheardMembers(window, scores, thresholds.transferRatio, thresholds.minSteps);
    if (unheard.mayBeWaitedFor(row, transferUs / score)) doubtful[row] = 1;
  }
  return doubtful;
}

/** Places of the members that were heard. */
function heardOf(members: Int32Array): Int32Array {
  const heard = new Int32Array(members.length);
  let n = 0;
  for (let place = 0; place < members.length; place++) if (members[place]! >= 0) heard[n++] = place;
  return heard.subarray(0, n);
}

/** Of each step: a median of more is hardly more exact, beside how groups differ lastingly. */
const maxSlots = 16;

type Scratch = { readonly shortest: Float64Array; readonly sampled: Int32Array };

/** Median over the slots of the shortest duration among the members, of one operation; a step with a slot unheard keeps the others. */
function transferBySteps(
  window: JobWindow,
  operation: OperationColumn,
  values: Float64Array,
  row: number,
  { shortest, sampled }: Scratch,
): void {
  const { members } = window.communicators[operation.communicator]!;
  const { exec, slots, perSlot } = operation;
  const heard = heardOf(members);
  for (let step = 0; step < window.steps; step++) {
    const count = sampledSlots(slots, maxSlots, step, sampled);
    let n = 0;
    for (let at = 0; at < count; at++) {
      // By hand: millions of operations in a large window.
      const base = (step * slots + sampled[at]!) * members.length;
      let min = Number.POSITIVE_INFINITY;
      for (let i = 0; i < heard.length; i++) {
        const us = exec[base + heard[i]!]!;
        // Who is not heard just now may be the one the others wait for: then the shortest of them is no transfer.
        min = us < min ? us : us >= min ? min : Number.NaN;
      }
      if (min < Number.POSITIVE_INFINITY) shortest[n++] = min / perSlot;
    }
    values[row * window.steps + step] = medianBySelection(shortest, n);
  }
}

/** Groups of equal kind, size, collective and bytes, those inside a node apart from those across: crossing costs more by nature. */
function classes(window: JobWindow, column: Int32Array): Int32Array[] {
  const sets = new Map<string, number[]>();
  for (const [row, index] of column.entries()) {
    const operation = window.operations[index]!;
    const { members } = window.communicators[operation.communicator]!;
    const key = `${formOf(window, operation)} ${nodesOf(window, members).size > 1}`;
    const set = sets.get(key);
    if (set) set.push(row);
    else sets.set(key, [row]);
  }
  return [...sets.values()].map((set) => Int32Array.from(set));
}

function formOf(window: JobWindow, { communicator, collective, bytes, slots }: OperationColumn): string {
  const { kind, members } = window.communicators[communicator]!;
  return `${kind} ${members.length} ${collective} ${bytes} ${slots}`;
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
