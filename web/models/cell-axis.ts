/** Where the cells of a histogram lie on a drawing. */

export type AxisScale = "linear" | "log";

export type CellAxis = {
  /** From 0 to 1, one more than cells. */
  readonly edges: readonly number[];
  readonly ticks: readonly { readonly at: number; readonly value: number }[];
};

/** A cell without a place on the axis, since it is open to a side or reaches down to zero, stands beside it this wide. */
const SLOT = 0.04;

/** Values below zero have no logarithm. */
export function canBeLog(bounds: readonly (number | null)[]): boolean {
  const known = bounds.filter((edge) => edge !== null);
  return known.every((edge) => edge >= 0) && known.some((edge) => edge > 0) && bounds[0] !== null;
}

/** Over two decades small values would not be seen on a linear axis. */
const WIDE = 100;

export function usualScale(bounds: readonly (number | null)[]): AxisScale {
  const positive = bounds.filter((edge) => edge !== null && edge > 0) as number[];
  return canBeLog(bounds) && positive.length > 1 && positive.at(-1)! / positive[0]! >= WIDE ? "log" : "linear";
}

/** `bounds`: ascending, null where a cell is open to that side. */
export function cellAxis(bounds: readonly (number | null)[], scale: AxisScale): CellAxis {
  const place = scale === "log" ? Math.log10 : (value: number) => value;
  const hasPlace = (edge: number | null) => edge !== null && (scale === "linear" || edge > 0);
  const first = bounds.findIndex(hasPlace);
  const last = bounds.findLastIndex(hasPlace);
  if (first < 0 || first === last) {
    return { edges: bounds.map((_, at) => at / Math.max(1, bounds.length - 1)), ticks: [] };
  }
  const [low, high] = [bounds[first]!, bounds[last]!];
  const [left, right] = [SLOT * first, 1 - SLOT * (bounds.length - 1 - last)];
  const toShare = (value: number) => left + ((place(value) - place(low)) / (place(high) - place(low))) * (right - left);
  const edges = bounds.map((edge, at) => {
    if (at < first) return SLOT * at;
    return at > last ? right + SLOT * (at - last) : toShare(edge!);
  });
  const values = scale === "log" ? logTicks(low, high) : linearTicks(low, high);
  return { edges, ticks: values.map((value) => ({ at: toShare(value), value })) };
}

const MOST_TICKS = 8;

function logTicks(low: number, high: number): number[] {
  for (const mantissas of [[1, 2, 5], [1, 3], [1]]) {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
      for (const mantissa of mantissas) {
        // Below 1 a power of ten is not exact, its inverse is.
        const value = power < 0 ? mantissa / 10 ** -power : mantissa * 10 ** power;
        if (value >= low && value <= high) ticks.push(value);
      }
    }
    if (ticks.length <= MOST_TICKS || mantissas.length === 1) {
      return thinned(ticks);
    }
  }
  return [];
}

function thinned(ticks: readonly number[]): number[] {
  const every = Math.ceil(ticks.length / MOST_TICKS);
  return ticks.filter((_, at) => at % every === 0);
}

function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / (MOST_TICKS - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at += 1) {
    ticks.push(Number((at * step).toPrecision(12)));
  }
  return ticks;
}
