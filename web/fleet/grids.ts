/** Values at the points of a grid; null is a gap. */
export type Values = readonly (number | null)[];

/** Puts the series that carried one thing one after another (a pod came and went) on one line: the first that has a value. */
export function mergeValues(grids: readonly Values[], length: number, scale: number): (number | null)[] {
  return Array.from({ length }, (_, position) => {
    for (const grid of grids) {
      const value = grid[position];
      if (value !== null && value !== undefined) return value * scale;
    }
    return null;
  });
}

export function hasValue(values: Values): boolean {
  return values.some((value) => value !== null);
}

export type Extent = {
  readonly min: number;
  readonly max: number;
  readonly maxAt: number;
  readonly last: number | null;
};

/** null where there is no value at all; `maxAt` is a position. */
export function extentOf(values: Values): Extent | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let maxAt = -1;
  let last: number | null = null;
  values.forEach((value, position) => {
    if (value === null) return;
    last = value;
    if (value < min) min = value;
    if (value > max) {
      max = value;
      maxAt = position;
    }
  });
  return maxAt < 0 ? null : { min, max, maxAt, last };
}

/** null where there is no value at all. */
export function meanOf(values: Values): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** Rise of a counter over the grid, resets handled: a fall counts as starting from zero again. null: fewer than two values. */
export function riseOf(values: Values): number | null {
  let before: number | null = null;
  let rise: number | null = null;
  for (const value of values) {
    if (value === null) continue;
    if (before !== null) rise = (rise ?? 0) + (value >= before ? value - before : value);
    before = value;
  }
  return rise;
}

export type Span = { readonly from: number; readonly to: number };

/** Runs of positions where `holds`, both ends included. */
export function spansWhere(length: number, holds: (position: number) => boolean): Span[] {
  const spans: Span[] = [];
  let from = -1;
  for (let position = 0; position <= length; position += 1) {
    const inside = position < length && holds(position);
    if (inside && from < 0) from = position;
    if (!inside && from >= 0) {
      spans.push({ from, to: position - 1 });
      from = -1;
    }
  }
  return spans;
}

/** Spans with at most `breakPoints` points between them become one. In order, as spansWhere gives them. */
export function joinSpans(spans: readonly Span[], breakPoints: number): Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const before = joined.at(-1);
    if (before !== undefined && span.from - before.to - 1 <= breakPoints) {
      joined[joined.length - 1] = { from: before.from, to: Math.max(before.to, span.to) };
    } else joined.push(span);
  }
  return joined;
}

/** Runs of points at which no line has a value. */
export function gapSpans(lines: readonly { readonly values: Values }[], length: number): Span[] {
  return spansWhere(length, (position) => lines.every((line) => (line.values[position] ?? null) === null));
}
