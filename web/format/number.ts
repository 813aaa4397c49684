/** Three significant digits, grouped; integers of four digits and more keep them all ("1,755"), never an exponent. */
export function significant(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude === 0) return "0";
  if (magnitude >= 99.95) return Math.round(value).toLocaleString("en-US");
  const digits = Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(magnitude * 1.0005))));
  const fixed = value.toFixed(digits);
  return digits === 0 ? fixed : fixed.replace(/\.?0+$/, "");
}

export type Scaled = { readonly figure: string; readonly prefix: string };

const SI = ["", "k", "M", "G", "T", "P", "E"] as const;
const SMALL = ["", "m", "µ", "n"] as const;
const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;

function scale(value: number, base: number, prefixes: readonly string[]): Scaled {
  let power = 0;
  let rest = value;
  // 999.6 would be written "1,000": it belongs to the next prefix.
  while (Math.abs(rest) >= base - 0.5 && power < prefixes.length - 1) {
    rest /= base;
    power += 1;
  }
  return { figure: significant(rest), prefix: prefixes[power] ?? "" };
}

/** "38.2" + "k"; below one, "m" to "n". */
export function siScaled(value: number): Scaled {
  const magnitude = Math.abs(value);
  if (magnitude === 0 || magnitude >= 0.1) return scale(value, 1000, SI);
  let power = 0;
  let rest = value;
  while (Math.abs(rest) < 0.9995 && power < SMALL.length - 1) {
    rest *= 1000;
    power += 1;
  }
  return { figure: significant(rest), prefix: SMALL[power] ?? "" };
}

export function binaryScaled(value: number): Scaled {
  return scale(value, 1024, BINARY);
}

/** "1 GPU", "8 GPUs"; `plural` where an s is not it. */
export function count(value: number, one: string, plural = `${one}s`): string {
  return `${value.toLocaleString("en-US")} ${value === 1 ? one : plural}`;
}
