/** From the steps of an evaluation to the moments a selector looks at, through `@` and `offset`. */
import type { At } from "../parse/ast.ts";
import { type Grid, stepMs } from "./value.ts";

export type QueryEnds = { readonly queryStartMs: number; readonly queryEndMs: number };

export function fixedMoment(at: At | undefined, ends: QueryEnds): number | undefined {
  if (at === undefined) return undefined;
  if (at.kind === "time") return at.ms;
  return at.kind === "start" ? ends.queryStartMs : ends.queryEndMs;
}

/** The grid of reference moments: the steps, or one moment over and over, each moved back by the offset. */
export function referenceGrid(grid: Grid, node: { at: At | undefined; offsetMs: number }, ends: QueryEnds): Grid {
  const fixed = fixedMoment(node.at, ends);
  if (fixed === undefined) return { ...grid, startMs: grid.startMs - node.offsetMs };
  return { startMs: fixed - node.offsetMs, stepMs: 0, count: grid.count };
}

/**
 * The moments at which a subquery evaluates its inner expression: all multiples of its step that lie within the range
 * of any reference moment, the left end excluded.
 */
export function subqueryGrid(reference: Grid, rangeMs: number, step: number): Grid {
  const first = reference.startMs - rangeMs;
  let startMs = step * Math.trunc(first / step);
  if (startMs <= first) startMs += step;
  const endMs = stepMs(reference, reference.count - 1);
  return { startMs, stepMs: step, count: Math.max(0, Math.floor((endMs - startMs) / step) + 1) };
}
