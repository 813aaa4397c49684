/** Rates in the unit that people would say them in. */
import { formatUnit, UNKNOWN } from "../format/unit.ts";

export type Per = "second" | "minute" | "hour" | "day";

const UNITS: readonly { readonly per: Per; readonly seconds: number }[] = [
  { per: "second", seconds: 1 },
  { per: "minute", seconds: 60 },
  { per: "hour", seconds: 3600 },
  { per: "day", seconds: 86_400 },
];

/** Of the smallest time in which one row comes. */
export function perOf(rowsPerSecond: number): { readonly per: Per; readonly seconds: number } {
  return UNITS.find(({ seconds }) => rowsPerSecond * seconds >= 1 || rowsPerSecond === 0) ?? UNITS.at(-1)!;
}

/** "28.9/s", "167/day". */
export function rateText(rowsPerSecond: number | null): string {
  if (rowsPerSecond === null) return UNKNOWN;
  const { per, seconds } = perOf(rowsPerSecond);
  const short = { second: "s", minute: "min", hour: "h", day: "day" }[per];
  return `${formatUnit(rowsPerSecond * seconds, "count")}/${short}`;
}
