/**
 * Points that count from a start on, as what was counted between one and the next. No count is told twice, and none is
 * negative: where a point holds less than the one before, counting has begun anew (OpenTelemetry metrics data model,
 * "Resets and Gaps").
 */
import type { Cells, ExponentialCells } from "@lockstep/schemas/domain/observed";
import { atScale, withZeroThreshold } from "./exponential-cells.ts";
import type { ModelPoint } from "./model-point.ts";

/** The last point of a stream. */
export type StreamPoint = {
  readonly startMs: number | undefined;
  readonly timeMs: number;
  readonly cells: Cells;
  readonly sum: number | undefined;
};

/** What was counted in [since, until). */
export type Counted = {
  readonly since: number;
  readonly until: number;
  readonly cells: Cells;
  readonly sum: number | undefined;
};

export type Advance = {
  /** undefined: nothing is told by this point that was not told before. */
  readonly counted: Counted | undefined;
  /** What the next point is compared with. */
  readonly next: StreamPoint;
  /** Why the counts of this point were not told. */
  readonly problem?: string;
};

/** `previous`: the last point that was taken of this stream; undefined where there was none. */
export function advance(previous: StreamPoint | undefined, point: ModelPoint): Advance {
  const { startMs, observed } = point;
  const next: StreamPoint = { startMs, timeMs: observed.until, cells: observed.cells, sum: observed.sum };
  const all = { since: observed.since, until: observed.until, cells: observed.cells, sum: observed.sum };
  if (previous === undefined) return { counted: startMs === undefined ? undefined : all, next };
  // Counts only grow, so an older point tells nothing that a newer one did not.
  if (next.timeMs <= previous.timeMs) return { counted: undefined, next: previous };
  if (beganAnew(previous, startMs)) return { counted: all, next };
  const cells = difference(previous.cells, next.cells);
  if (cells === "unlike") {
    const problem = "found other bounds than in the point before and the same start_time_unix_nano";
    return { counted: undefined, next, problem: `explicit_bounds: ${problem}; counting begins with this point` };
  }
  const until = next.timeMs;
  if (cells === "less") return { counted: { since: previous.timeMs, until, cells: next.cells, sum: next.sum }, next };
  const sum = next.sum === undefined || previous.sum === undefined ? undefined : next.sum - previous.sum;
  return { counted: { since: previous.timeMs, until, cells, sum }, next };
}

function beganAnew(previous: StreamPoint, startMs: number | undefined): boolean {
  if (startMs === undefined) return false;
  return previous.startMs === undefined ? startMs >= previous.timeMs : startMs !== previous.startMs;
}

/** `less`: some cell holds less than before; `unlike`: the cells are others. */
function difference(before: Cells, now: Cells): Cells | "less" | "unlike" {
  if (before.form === "exponential" && now.form === "exponential") return exponentialDifference(before, now);
  if (before.form !== "explicit" || now.form !== "explicit") return "unlike";
  const same = before.bounds.length === now.bounds.length && before.bounds.every((edge, i) => edge === now.bounds[i]);
  if (!same) return "unlike";
  const counts = now.counts.map((count, i) => count - before.counts[i]!);
  return counts.some((count) => count < 0) ? "less" : { form: "explicit", bounds: now.bounds, counts };
}

/** A stream may grow coarser as its values spread, and its zero bucket wider: compared is at the coarser of the two. */
function exponentialDifference(before: ExponentialCells, now: ExponentialCells): ExponentialCells | "less" {
  const scale = Math.min(before.scale, now.scale);
  const zeroThreshold = Math.max(before.zeroThreshold, now.zeroThreshold);
  const [old, current] = [before, now].map((cells) => withZeroThreshold(atScale(cells, scale), zeroThreshold));
  const positive = bucketDifference(old!.positive, current!.positive);
  const negative = bucketDifference(old!.negative, current!.negative);
  const zeroCount = current!.zeroCount - old!.zeroCount;
  if (positive === undefined || negative === undefined || zeroCount < 0) return "less";
  return { form: "exponential", scale, zeroThreshold, zeroCount, positive, negative };
}

type Buckets = ExponentialCells["positive"];

function bucketDifference(before: Buckets, now: Buckets): Buckets | undefined {
  const counts = [...now.counts];
  for (const [i, count] of before.counts.entries()) {
    if (count === 0) continue;
    const at = before.offset + i - now.offset;
    const left = (counts[at] ?? 0) - count;
    if (left < 0) return undefined;
    counts[at] = left;
  }
  return { offset: now.offset, counts };
}
