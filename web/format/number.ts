/**
 * Three significant digits unless told otherwise, grouped; integers of more keep them all ("1,755"), never an exponent.
 */
export function significant(value: number, digits = 3): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return "0";
  const places = digits - 1 - Math.floor(Math.log10(magnitude * (1 + 0.5 * 10 ** -digits)));
  if (places <= 0) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(Math.min(20, places)).replace(/\.?0+$/, "");
}

export type Scaled = { readonly figure: string; readonly prefix: string };

const SI = ["", "k", "M", "G", "T", "P", "E"] as const;
const SMALL = ["", "m", "µ", "n"] as const;
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;

function scale(value: number, base: number, prefixes: readonly string[], digits: number): Scaled {
  let power = 0;
  let rest = value;
  // 999.6 would be written "1,000": it belongs to the next prefix.
  while (Math.abs(rest) >= base - 0.5 && power < prefixes.length - 1) {
    rest /= base;
    power += 1;
  }
  return { figure: significant(rest, digits), prefix: prefixes[power] ?? "" };
}

/** "38.2" + "k"; below one, "m" to "n". */
export function siScaled(value: number, digits = 3): Scaled {
  const magnitude = Math.abs(value);
  if (magnitude === 0 || magnitude >= 0.1) return scale(value, 1000, SI, digits);
  let power = 0;
  let rest = value;
  while (Math.abs(rest) < 0.9995 && power < SMALL.length - 1) {
    rest *= 1000;
    power += 1;
  }
  return { figure: significant(rest, digits), prefix: SMALL[power] ?? "" };
}

export function binaryScaled(value: number, digits = 3): Scaled {
  return scale(value, 1024, BINARY, digits);
}

/** "1 GPU", "8 GPUs"; `plural` where an s is not it. */
export function count(value: number, one: string, plural = `${one}s`): string {
  return `${value.toLocaleString("en-US")} ${value === 1 ? one : plural}`;
}
