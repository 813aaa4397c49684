/** What the ranks of a job last did, those that did the same told together. */
import type { LastDoing } from "@lockstep/analysis/hang/last-doings";

export type DoingGroup = {
  readonly state: LastDoing["state"];
  /** "AllReduce 8123 of DATA (3)"; null where nothing was recorded. */
  readonly operation: string | null;
  readonly ranks: readonly number[];
  readonly waitsFor: readonly number[];
};

/** Those nobody hears of first, then those that are behind, those that wait, and those that completed all. */
const ORDER: readonly LastDoing["state"][] = ["no dump", "behind", "completed", "waiting"];

export function doingGroups(doings: readonly LastDoing[]): DoingGroup[] {
  const groups = Map.groupBy(doings, ({ state, group, collective, seq, waitsFor }) =>
    JSON.stringify([state, group, collective, seq, waitsFor]),
  );
  return [...groups.values()]
    .map((own): DoingGroup => {
      const [{ state, waitsFor, ...first }] = own as [LastDoing];
      return { state, operation: operationWords(first), ranks: own.map(({ rank }) => rank), waitsFor };
    })
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || b.ranks.length - a.ranks.length);
}

export function operationWords({
  group,
  collective,
  seq,
}: Pick<LastDoing, "group" | "collective" | "seq">): string | null {
  if (collective === undefined) return null;
  return `${collective === "?" ? "operation" : collective} ${seq ?? ""} of ${group ?? "?"}`;
}

const MAX_RANGES = 12;

/** "0-7, 9, 12-15". */
export function rankRanges(ranks: readonly number[]): string {
  const sorted = [...new Set(ranks)].sort((a, b) => a - b);
  const ranges: string[] = [];
  for (let at = 0; at < sorted.length; ) {
    let end = at;
    while (sorted[end + 1] === sorted[end]! + 1) end++;
    ranges.push(end === at ? `${sorted[at]}` : `${sorted[at]}-${sorted[end]}`);
    at = end + 1;
  }
  return ranges.length <= MAX_RANGES
    ? ranges.join(", ")
    : `${ranges.slice(0, MAX_RANGES).join(", ")} and more, ${sorted.length} in all`;
}
