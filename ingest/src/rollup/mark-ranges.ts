import { FIVE_MINUTES, type WindowRange } from "@lockstep/schemas/queries/rollup-levels";

const DAY = 86_400;
/** A post whose windows lie scattered over a day marks all that lies between them. */
const MAX_RANGES_A_DAY = 24;

/**
 * Windows (begins in seconds, in order) as ranges, none across midnight (UTC), which is where the samples' partitions
 * end. At most 24 ranges a day.
 */
export function markRanges(windows: readonly number[]): WindowRange[] {
  const days = Map.groupBy(windows, (window) => Math.floor(window / DAY));
  return [...days.values()].flatMap((ofDay) => {
    const ranges = adjacent(ofDay);
    if (ranges.length <= MAX_RANGES_A_DAY) return ranges;
    return [{ since: ofDay[0]!, until: ofDay.at(-1)! + FIVE_MINUTES.seconds }];
  });
}

function adjacent(windows: readonly number[]): WindowRange[] {
  const ranges: WindowRange[] = [];
  for (const since of windows) {
    const last = ranges.at(-1);
    const until = since + FIVE_MINUTES.seconds;
    if (last?.until === since) ranges[ranges.length - 1] = { since: last.since, until };
    else ranges.push({ since, until });
  }
  return ranges;
}
