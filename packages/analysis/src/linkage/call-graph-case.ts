/** A symptom in a graph of services that call each other: what each of them did before and since, as candidates of a ranking. */
import { median } from "../stats/median.ts";
import type { Candidate } from "./rank-causes.ts";

/** Of one component; NaN where there is no value. Times in seconds. */
export type ComponentSeries = {
  readonly component: string;
  /** Of normal operation. */
  readonly usual: readonly number[];
  readonly times: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  /** Calls in each interval; undefined where nobody counted them. */
  readonly requests: ArrayLike<number> | undefined;
};

export type CallGraphCase = {
  readonly symptom: string;
  /** Latency is worse when it rises, availability when it falls. */
  readonly worse: "higher" | "lower";
  readonly onset: number;
  readonly intervalSeconds: number;
  readonly series: readonly ComponentSeries[];
};

/** A usual range narrower than this share of its middle is no measure of anything. */
const scaleFloor = 0.01;
const leastUsual = 5;

/**
 * z: the worst value since the onset, over the standard deviation of normal operation. Dose: what all calls of the component
 * lost together (extra time, failed calls) over what those of the symptom lost.
 */
export function candidatesOf({ symptom, worse, onset, intervalSeconds, series }: CallGraphCase): Candidate[] {
  const told = series.flatMap((each) => {
    const change = changeOf(each, worse, onset - intervalSeconds);
    return change === undefined ? [] : [{ component: each.component, ...change }];
  });
  const whole = told.find(({ component }) => component === symptom)?.lost;
  return told.map(({ component, z, lost, began }) => ({
    entity: component,
    z,
    dose: whole === undefined || !(whole > 0) || lost === undefined ? undefined : Math.max(0, lost / whole),
    onset: began,
  }));
}

function changeOf(
  { usual, times, values, requests }: ComponentSeries,
  worse: CallGraphCase["worse"],
  since: number,
): { z: number; lost: number | undefined; began: number | undefined } | undefined {
  const before = Array.from(times, (time, i) => (time < since ? values[i]! : Number.NaN));
  const base = [...(usual.filter(Number.isFinite).length >= leastUsual ? usual : before)].filter(Number.isFinite);
  if (base.length === 0) return undefined;
  const mean = base.reduce((sum, value) => sum + value, 0) / base.length;
  const middle = worse === "higher" ? median(base) : mean;
  const spread = Math.sqrt(base.reduce((sum, value) => sum + (value - mean) ** 2, 0) / base.length);
  const scale = Math.max(spread, scaleFloor * Math.abs(middle), Number.MIN_VALUE);
  let [z, lost, began, calls] = [Number.NEGATIVE_INFINITY, 0, undefined as number | undefined, 0];
  for (let i = 0; i < times.length; i++) {
    if (times[i]! < since || !Number.isFinite(values[i]!)) continue;
    const distance = (values[i]! - middle) * (worse === "higher" ? 1 : -1);
    z = Math.max(z, distance / scale);
    if (distance / scale > 3) began ??= times[i]!;
    if (requests === undefined || !Number.isFinite(requests[i]!)) continue;
    lost += distance * requests[i]!;
    calls += requests[i]!;
  }
  return z === Number.NEGATIVE_INFINITY ? undefined : { z, lost: calls > 0 ? lost : undefined, began };
}
