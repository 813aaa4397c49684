import { formatUnit, UNKNOWN } from "../format/unit.ts";

const IN_SECONDS: readonly (readonly [RegExp, number])[] = [
  [/(_ms|_millis|_milliseconds)$/i, 1e-3],
  [/(_us|_micros|_microseconds)$/i, 1e-6],
  [/(_ns|_nanos|_nanoseconds)$/i, 1e-9],
];

/** A latency's name tells its unit as names of metrics do; without one it is in seconds. */
export function latencyText(feature: string, value: number | null): string {
  if (value === null) return UNKNOWN;
  const factor = IN_SECONDS.find(([suffix]) => suffix.test(feature))?.[1] ?? 1;
  return formatUnit(value * factor, "seconds");
}
