/** Which time the pages of models show: windows may be five minutes or a month long, and years old. */
import type { RangeState, TimeRange } from "../url/range.ts";
import { RANGE_MS } from "../url/range.ts";

/** When something was observed, Unix ms, and how long its windows are on average. */
export type Seen = { readonly firstAt: number; readonly lastAt: number; readonly windowMs: number };

export type Stretch = TimeRange & {
  /** What is shown is older than the chosen range, or reaches further back. */
  readonly widened: boolean;
  /** Of the points of a time chart; whole windows. */
  readonly stepMs: number;
};

/** A relative range shows at least this many of the newest windows. */
export const LEAST_WINDOWS = 48;
/** A window is seen when it has ended, and judged a little later. */
const LATE_WINDOWS = 3;
const MAX_POINTS = 240;
/** Longer ones are cut at their start. */
const MAX_WINDOWS = 20_000;

export function stretchOf(state: RangeState, seen: Seen | null, nowMs: number): Stretch {
  const windowMs = Math.max(1000, Math.round(seen?.windowMs ?? 300_000));
  const endAt = seen === null ? nowMs : Math.min(seen.lastAt, nowMs);
  if (state.from !== null && state.to !== null && state.to > state.from) {
    const toMs = Math.min(state.to, nowMs);
    const fromMs = Math.max(Math.min(state.from, toMs - 1), toMs - MAX_WINDOWS * windowMs);
    return aligned({ fromMs, toMs, live: false, widened: false }, endAt, windowMs);
  }
  const asked = nowMs - RANGE_MS[state.range];
  const live = seen === null || endAt > asked;
  const newest = Math.max(endAt - LEAST_WINDOWS * windowMs, Math.min(seen?.firstAt ?? asked, asked));
  const fromMs = live ? Math.min(asked, newest) : newest;
  // The window that is filling is not a gap; later ones that are missing are.
  const toMs = live && nowMs - endAt > LATE_WINDOWS * windowMs ? nowMs : endAt;
  return aligned({ fromMs, toMs, live, widened: fromMs < asked }, endAt, windowMs);
}

/** Points begin where windows begin: a whole number of steps before the end of the newest. */
function aligned(range: Omit<Stretch, "stepMs">, endAt: number, windowMs: number): Stretch {
  const stepMs = stepOf(range.fromMs, range.toMs, windowMs);
  return { ...range, fromMs: endAt - Math.ceil((endAt - range.fromMs) / stepMs) * stepMs, stepMs };
}

/** As few whole windows a point as it takes. */
function stepOf(fromMs: number, toMs: number, windowMs: number): number {
  return windowMs * Math.max(1, Math.ceil((toMs - fromMs) / windowMs / MAX_POINTS));
}

/** Beginnings of the points of a chart. */
export function pointsOf({ fromMs, toMs, stepMs }: Pick<Stretch, "fromMs" | "toMs" | "stepMs">): number[] {
  const points: number[] = [];
  for (let at = fromMs; at < toMs; at += stepMs) points.push(at);
  return points;
}

/** Values that lie at some places, as a line with gaps. */
export function spread(
  places: readonly number[],
  values: readonly (number | null)[],
  length: number,
): (number | null)[] {
  const line = new Array<number | null>(length).fill(null);
  for (const [at, place] of places.entries()) if (place >= 0 && place < length) line[place] = values[at] ?? null;
  return line;
}
