/** topk and bottomk: of each group and step the k series of the largest or smallest values. */
import { type Column, ColumnMemory, isEmpty } from "../value.ts";

/** Whether the value of one candidate stands nearer to the top of the heap, that is, is the next to be pushed out. */
type IsWorse = (a: number, b: number) => boolean;

/** For topk; NaN is the smallest. */
const isSmaller: IsWorse = (a, b) => Number.isNaN(a) || a < b;
/** For bottomk; NaN is the largest. */
const isLarger: IsWorse = (a, b) => Number.isNaN(a) || a > b;

/** A binary heap of at most k series, the worst on top; ties stay where Prometheus's heap would leave them. */
class WorstFirst {
  readonly series: Int32Array;
  readonly values: Float64Array;
  size = 0;
  private readonly isWorse: IsWorse;

  constructor(capacity: number, isWorse: IsWorse) {
    this.series = new Int32Array(capacity);
    this.values = new Float64Array(capacity);
    this.isWorse = isWorse;
  }

  /** Keeps the candidate if there is room or it beats the worst. */
  offer(series: number, value: number, k: number): void {
    if (this.size < k) {
      this.series[this.size] = series;
      this.values[this.size] = value;
      this.rise(this.size++);
      return;
    }
    const worst = this.values[0]!;
    const beats = Number.isNaN(worst) ? !Number.isNaN(value) : this.isWorse(worst, value) && !Number.isNaN(value);
    if (!beats) return;
    this.series[0] = series;
    this.values[0] = value;
    this.sink();
  }

  private rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.isWorse(this.values[at]!, this.values[parent]!)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  private sink(): void {
    for (let at = 0; ; ) {
      let child = 2 * at + 1;
      if (child >= this.size) return;
      const right = child + 1;
      if (right < this.size && this.isWorse(this.values[right]!, this.values[child]!)) child = right;
      if (!this.isWorse(this.values[child]!, this.values[at]!)) return;
      this.swap(at, child);
      at = child;
    }
  }

  private swap(a: number, b: number): void {
    const [series, value] = [this.series[a]!, this.values[a]!];
    this.series[a] = this.series[b]!;
    this.values[a] = this.values[b]!;
    this.series[b] = series;
    this.values[b] = value;
  }

  /** The series kept, the best first. */
  bestFirst(): number[] {
    const order = Array.from({ length: this.size }, (_, i) => i);
    // Stable: of equal values the one further up in the heap comes first.
    order.sort((a, b) => {
      if (this.isWorse(this.values[b]!, this.values[a]!))
        return this.isWorse(this.values[a]!, this.values[b]!) ? 0 : -1;
      return this.isWorse(this.values[a]!, this.values[b]!) ? 1 : 0;
    });
    return order.map((i) => this.series[i]!);
  }
}

export type TopOptions = {
  readonly largest: boolean;
  /** k at each step; below 1 keeps nothing. */
  readonly k: Float64Array;
  readonly groupOf: Int32Array;
  readonly groups: number;
};

/** The columns with the values of those steps at which they are among the k; of a single step in the order of rank. */
export function topColumns(columns: readonly Column[], options: TopOptions): Column[] {
  const { k, groupOf, groups } = options;
  const count = k.length;
  const most = Math.min(columns.length, Math.max(0, ...k.map((wanted) => Math.trunc(wanted))));
  if (most < 1) return [];
  const isWorse = options.largest ? isSmaller : isLarger;
  const kept = columns.map(() => undefined as Uint8Array | undefined);
  const ranked: number[] = [];
  for (let step = 0; step < count; step++) {
    const wanted = Math.min(Math.trunc(k[step]!), columns.length);
    if (wanted < 1) continue;
    const heaps = new Array<WorstFirst | undefined>(groups).fill(undefined);
    for (let i = 0; i < columns.length; i++) {
      if (columns[i]!.present[step] === 0) continue;
      const group = groupOf[i]!;
      heaps[group] ??= new WorstFirst(wanted, isWorse);
      heaps[group].offer(i, columns[i]!.values[step]!, wanted);
    }
    for (const heap of heaps) {
      if (heap === undefined) continue;
      for (const series of count === 1 ? heap.bestFirst() : heap.series.subarray(0, heap.size)) {
        kept[series] ??= new Uint8Array(count);
        kept[series][step] = 1;
        if (count === 1) ranked.push(series);
      }
    }
  }
  const order = count === 1 ? ranked : columns.map((_, i) => i).filter((i) => kept[i] !== undefined);
  return order.map((i) => ({ ...columns[i]!, present: kept[i]! }));
}

/** The first k series of each group at each step. */
export function firstColumns(columns: readonly Column[], options: Omit<TopOptions, "largest">): Column[] {
  const { k, groupOf, groups } = options;
  const count = k.length;
  const memory = new ColumnMemory(columns.length, count);
  const taken = Array.from({ length: groups }, () => new Float64Array(count));
  const limited = columns.map((column, i) => {
    const { present } = memory.take();
    const used = taken[groupOf[i]!]!;
    for (let step = 0; step < count; step++) {
      if (column.present[step] === 0 || used[step]! >= Math.trunc(k[step]!)) continue;
      used[step]!++;
      present[step] = 1;
    }
    return { ...column, present };
  });
  return limited.filter((column) => !isEmpty(column.present));
}
