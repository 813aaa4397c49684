import { SIZE_PATTERN } from "@lockstep/schemas/files/prometheus-yml";

const POWERS = ["", "K", "M", "G", "T", "P", "E"];
const TERM = /([\d.]+)([KMGTPE]?)i?B/g;

/** Bytes of a size as Prometheus reads it: `512MB`, `1.5GiB`, `1GB512MB`, all of base 1024; undefined where it is none. */
export function parseSize(text: string): number | undefined {
  if (!SIZE_PATTERN.test(text)) {
    return undefined;
  }
  let bytes = 0;
  for (const [, amount, power] of text.matchAll(TERM)) {
    bytes += Number(amount) * 1024 ** POWERS.indexOf(power ?? "");
  }
  return Number.isSafeInteger(Math.trunc(bytes)) ? Math.trunc(bytes) : undefined;
}
