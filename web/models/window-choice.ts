/** Which of a feature's judged windows is looked at, and its distances over time. */
import type { FeatureWindowRow } from "@lockstep/schemas/queries/feature-windows";
import type { Values } from "../fleet/grids.ts";

/** Windows of one version that were compared with one baseline; how the newest stands. */
export type Comparison = {
  readonly version: string;
  readonly baseline: string;
  readonly verdict: string;
  readonly method: string;
  readonly distance: number | null;
  readonly threshold: number | null;
};

const WEIGHT: Readonly<Record<string, number>> = { drift: 3, data_quality: 2, no_drift: 1, not_enough_data: 0 };

/** The one that was asked for first, else the one that is farthest. */
export function comparisonsOf(
  windows: readonly FeatureWindowRow[],
  asked: { readonly version?: string | undefined; readonly baseline?: string | undefined },
): Comparison[] {
  const newest = [...Map.groupBy(windows, ({ version, baseline }) => `${version}\n${baseline}`).values()].map(
    (own) => own.at(-1)!,
  );
  const asks = (row: FeatureWindowRow) =>
    Number(row.baseline === asked.baseline) * 2 + Number(asked.version !== undefined && row.version === asked.version);
  const last = Math.max(...newest.map(({ sinceAt }) => sinceAt));
  /** A version that is served no more is not what one looks for. */
  const isCurrent = ({ sinceAt, untilAt }: FeatureWindowRow) => Number(last - sinceAt <= 3 * (untilAt - sinceAt));
  return newest
    .sort(
      (a, b) =>
        asks(b) - asks(a) ||
        isCurrent(b) - isCurrent(a) ||
        (WEIGHT[b.verdict] ?? 0) - (WEIGHT[a.verdict] ?? 0) ||
        ratio(b) - ratio(a),
    )
    .map(({ version, baseline, verdict, method, distance, threshold }) => ({
      ...{ version, baseline, verdict, method, distance, threshold },
    }));
}

function ratio({ distance, threshold }: Pick<FeatureWindowRow, "distance" | "threshold">): number {
  return distance === null || threshold === null || !(threshold > 0) ? -1 : distance / threshold;
}

export type Chosen = {
  readonly window: FeatureWindowRow | null;
  readonly earlierMs: number | null;
  readonly laterMs: number | null;
};

/** The window that began at a time or the last before it; the newest where none is asked for. */
export function chosenOf(
  windows: readonly FeatureWindowRow[],
  comparison: Comparison | null,
  atMs: number | null,
): Chosen {
  const own = windows.filter((row) => isOf(row, comparison));
  const found = atMs === null ? own.length - 1 : own.findLastIndex(({ sinceAt }) => sinceAt <= atMs);
  const at = Math.max(0, found);
  return {
    window: own[at] ?? null,
    earlierMs: own[at - 1]?.sinceAt ?? null,
    laterMs: own[at + 1]?.sinceAt ?? null,
  };
}

export function distanceLines(
  windows: readonly FeatureWindowRow[],
  comparison: Comparison | null,
  { fromMs, stepMs, points }: { fromMs: number; stepMs: number; points: number },
): { distance: Values; threshold: Values; expected: Values } {
  const farthest = new Array<FeatureWindowRow | undefined>(points).fill(undefined);
  for (const row of windows) {
    const place = Math.floor((row.sinceAt - fromMs) / stepMs);
    const there = farthest[place];
    if (isOf(row, comparison) && place < points && (there === undefined || ratio(row) > ratio(there)))
      farthest[place] = row;
  }
  return {
    distance: farthest.map((row) => row?.distance ?? null),
    threshold: farthest.map((row) => row?.threshold ?? null),
    expected: farthest.map((row) => row?.expected ?? null),
  };
}

function isOf(row: FeatureWindowRow, comparison: Comparison | null): boolean {
  return comparison !== null && row.version === comparison.version && row.baseline === comparison.baseline;
}
