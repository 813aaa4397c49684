import type { Annotation } from "../components/chart/time-chart.tsx";
import type { Mark } from "./marks.ts";

/** Grey for what was deployed or changed, amber for where drift began. */
export function annotationsOf(marks: readonly Mark[], driftBegan: readonly number[]): Annotation[] {
  const seen = new Set<string>();
  return [
    ...marks.map(({ ts }) => ({ ts, kind: "waiting" as const })),
    ...driftBegan.map((ts) => ({ ts, kind: "throttled" as const })),
  ].filter(({ ts, kind }) => {
    const key = `${ts} ${kind}`;
    return !seen.has(key) && seen.add(key);
  });
}
