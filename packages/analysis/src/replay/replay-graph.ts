/**
 * What must be over before an operation starts, and which operations end together, as numbers: replaying is one pass over
 * arrays, so that many "what if" questions cost little.
 */

/** Lists of numbers by row, one behind the other. */
export type Lists = {
  /** Of row r: values[from[r]] up to values[from[r + 1]]. */
  readonly from: Int32Array;
  readonly values: Int32Array;
};

export type ReplayGraph = {
  readonly rows: number;
  /** Rows whose end a row waits for. */
  readonly after: Lists;
  /** Of operations that end together, by row; -1 for one that ends by itself. */
  readonly group: Int32Array;
  readonly members: Lists;
  /** Rows so that each stands behind all it waits for; those of a circle are left out. */
  readonly order: Int32Array;
};

/** Seconds, by row. */
export type Timing = {
  /** Of operations that end by themselves: how long they take. Of the others: from the last start in the group to their own end. */
  readonly seconds: Float64Array;
  /** Between the end of what a row waits for and its start. Absent: none. */
  readonly delay?: Float64Array;
};

export class GraphBuilder {
  // Two lists of numbers instead of one of pairs: a trace has millions of them.
  readonly #row: number[] = [];
  readonly #waitsFor: number[] = [];
  readonly #memberGroup: number[] = [];
  readonly #member: number[] = [];
  readonly #group: Int32Array;
  #groups = 0;

  constructor(rows: number) {
    this.#group = new Int32Array(rows).fill(-1);
  }

  waits(row: number, waitsFor: number): void {
    this.#row.push(row);
    this.#waitsFor.push(waitsFor);
  }

  endTogether(rows: readonly number[]): void {
    for (const row of rows) {
      this.#group[row] = this.#groups;
      this.#memberGroup.push(this.#groups);
      this.#member.push(row);
    }
    this.#groups++;
  }

  finish(): ReplayGraph {
    const after = listsOf(this.#group.length, this.#row, this.#waitsFor);
    const members = listsOf(this.#groups, this.#memberGroup, this.#member);
    return {
      rows: this.#group.length,
      after,
      group: this.#group,
      members,
      order: orderOf(after, this.#group, members),
    };
  }
}

function listsOf(keys: number, key: ArrayLike<number>, value: ArrayLike<number>): Lists {
  const from = new Int32Array(keys + 1);
  for (let i = 0; i < key.length; i++) from[key[i]! + 1]!++;
  for (let i = 0; i < keys; i++) from[i + 1]! += from[i]!;
  const next = from.slice();
  const values = new Int32Array(value.length);
  for (let i = 0; i < key.length; i++) values[next[key[i]!]!++] = value[i]!;
  return { from, values };
}

/** Kahn's algorithm, where a member of a group is over when all members have started. */
function orderOf(after: Lists, group: Int32Array, members: Lists): Int32Array {
  const rows = group.length;
  const before = reversed(after, rows);
  const missing = Int32Array.from(group, (_, row) => after.from[row + 1]! - after.from[row]!);
  const toStart = Int32Array.from(
    { length: members.from.length - 1 },
    (_, g) => members.from[g + 1]! - members.from[g]!,
  );
  const order = new Int32Array(rows);
  // The last made ready goes first: a step is then walked through before the next, and its numbers stay near.
  const ready = new Int32Array(rows);
  let waiting = 0;
  for (let row = rows - 1; row >= 0; row--) if (missing[row] === 0) ready[waiting++] = row;
  const release = (row: number) => {
    for (let i = before.from[row]!; i < before.from[row + 1]!; i++) {
      const next = before.values[i]!;
      if (--missing[next]! === 0) ready[waiting++] = next;
    }
  };
  let done = 0;
  while (waiting > 0) {
    const row = ready[--waiting]!;
    order[done++] = row;
    const together = group[row]!;
    if (together < 0) release(row);
    else if (--toStart[together]! === 0)
      for (let i = members.from[together]!; i < members.from[together + 1]!; i++) release(members.values[i]!);
  }
  return order.slice(0, done);
}

function reversed({ from, values }: Lists, rows: number): Lists {
  const row = new Int32Array(values.length);
  for (let each = 0; each < rows; each++) row.fill(each, from[each]!, from[each + 1]!);
  return listsOf(rows, values, row);
}

export type Replayed = {
  /** Seconds since the step began, by row; NaN of rows that are in no order. */
  readonly start: Float64Array;
  readonly end: Float64Array;
};

/** Runs the graph: each operation starts when the last it waits for is over; a group ends from its last start on. */
export function runGraph(graph: ReplayGraph, { seconds, delay }: Timing): Replayed {
  const { after, group, members, order, rows } = graph;
  const start = new Float64Array(rows).fill(Number.NaN);
  const end = new Float64Array(rows).fill(Number.NaN);
  const groups = members.from.length - 1;
  const lastStart = new Float64Array(groups).fill(Number.NEGATIVE_INFINITY);
  const toStart = Int32Array.from({ length: groups }, (_, g) => members.from[g + 1]! - members.from[g]!);
  for (const row of order) {
    let at = 0;
    for (let i = after.from[row]!; i < after.from[row + 1]!; i++) {
      const over = end[after.values[i]!]!;
      if (over > at) at = over;
    }
    if (delay) at += delay[row]!;
    start[row] = at;
    const together = group[row]!;
    if (together < 0) {
      end[row] = at + seconds[row]!;
      continue;
    }
    if (at > lastStart[together]!) lastStart[together] = at;
    if (--toStart[together]! > 0) continue;
    for (let i = members.from[together]!; i < members.from[together + 1]!; i++) {
      const member = members.values[i]!;
      end[member] = lastStart[together]! + seconds[member]!;
    }
  }
  return { start, end };
}
