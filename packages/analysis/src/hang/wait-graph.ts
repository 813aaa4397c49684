import type { Wait } from "./wait.ts";
import { isFinishedElsewhere } from "./wait.ts";

/**
 * Who holds up whom. A wait is held up by what its missing ranks wait in, and by what stands before it on a rank that
 * entered it: a GPU does its work in order, so an operation that was entered may not have begun.
 */
export class WaitGraph {
  /** Waits for somebody; those that finished elsewhere are not among them. */
  readonly waits: readonly Wait[];
  /** By wait: indices of the waits that hold it up. */
  readonly heldUpBy: readonly (readonly number[])[];
  readonly #holdsUp: readonly (readonly number[])[];
  /** By rank: indices of its waits, in the order it entered them. */
  readonly ofRank: ReadonlyMap<number, readonly number[]>;
  /** By rank: operations that its peers finished and it did not. */
  readonly behind: ReadonlyMap<number, readonly Wait[]>;

  constructor(all: readonly Wait[]) {
    this.behind = byRank(all.filter(isFinishedElsewhere), (wait) => wait);
    this.waits = all.filter((wait) => !isFinishedElsewhere(wait) && !this.#isOfNoAccount(wait));
    const indices = new Map(this.waits.map((wait, index) => [wait, index]));
    this.ofRank = byRank(this.waits, (wait) => indices.get(wait)!);
    this.heldUpBy = this.#edges();
    this.#holdsUp = reversed(this.heldUpBy);
  }

  /**
   * A rank that is behind has not come to what it entered after that: where only such ranks are in a wait, and no dump shows
   * that another lacks, nobody is known to wait in it.
   */
  #isOfNoAccount({ waiting, missing, unknown }: Wait): boolean {
    if (missing.length > 0 || unknown.length === 0) return false;
    return [...waiting].every(
      ([rank, { order }]) => (this.behind.get(rank)?.[0]?.waiting.get(rank)?.order ?? order) < order,
    );
  }

  #edges(): number[][] {
    const heldUpBy = this.waits.map(() => new Set<number>());
    for (const [rank, own] of this.ofRank) {
      // What runs together does not hold up each other: the parts of a batch have the same order.
      let before: number[] = [];
      let together: number[] = [];
      let order = Number.NEGATIVE_INFINITY;
      for (const index of own) {
        const next = this.waits[index]!.waiting.get(rank)!.order;
        if (next > order) {
          before = together;
          together = [];
          order = next;
        }
        together.push(index);
        for (const each of before) heldUpBy[index]!.add(each);
      }
    }
    for (const [index, { missing, unknown }] of this.waits.entries())
      for (const rank of [...missing, ...unknown]) {
        // The last one leads to those before it.
        const last = this.ofRank.get(rank)?.at(-1);
        if (last !== undefined) heldUpBy[index]!.add(last);
      }
    return heldUpBy.map((before) => [...before]);
  }

  /** The waits that lead to one of `targets`, these among them. */
  leadingTo(targets: Iterable<number>): Set<number> {
    const reached = new Set(targets);
    const open = [...reached];
    for (let next = open.pop(); next !== undefined; next = open.pop())
      for (const index of this.#holdsUp[next]!) {
        if (reached.has(index)) continue;
        reached.add(index);
        open.push(index);
      }
    return reached;
  }
}

function reversed(edges: readonly (readonly number[])[]): number[][] {
  const found: number[][] = edges.map(() => []);
  for (const [from, targets] of edges.entries()) for (const to of targets) found[to]!.push(from);
  return found;
}

function byRank<T>(waits: readonly Wait[], value: (wait: Wait) => T): Map<number, T[]> {
  const found = new Map<number, { order: number; value: T }[]>();
  for (const wait of waits)
    for (const [rank, { order }] of wait.waiting) {
      const item = { order, value: value(wait) };
      const known = found.get(rank);
      if (known === undefined) found.set(rank, [item]);
      else known.push(item);
    }
  return new Map(
    [...found].map(([rank, items]) => [rank, items.toSorted((a, b) => a.order - b.order).map(({ value }) => value)]),
  );
}
