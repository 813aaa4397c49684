/** Numbers as Go prints them, where a text of Prometheus shows one. */

/** From here on, and below 10^-4, Go's %g writes an exponent where it looks for the shortest digits. */
const LEAST_EXPONENT = 6;

/** `%g` with the shortest digits that read back. */
export function formatG(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, exponentText] = value.toExponential().split("e") as [string, string];
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < LEAST_EXPONENT) return plainDecimal(value);
  const sign = exponent < 0 ? "-" : "+";
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** The shortest digits that read back, without an exponent. */
export function plainDecimal(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (Object.is(value, -0)) return "-0";
  const text = String(value);
  const parts = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign, whole, fraction = "", exponentText] = parts;
  const exponent = Number(exponentText);
  const digits = whole! + fraction;
  if (exponent > 0) return `${sign}${digits.padEnd(exponent + 1, "0")}`;
  return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
}

/** As Go's strconv.ParseFloat reads a label value; undefined where it does not. */
export function parseFloatText(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (/^[+-]?inf(?:inity)?$/.test(lower))
    return lower.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^[+-]?nan$/.test(lower)) return Number.NaN;
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/.test(lower) ? Number(lower) : undefined;
}
