/** The text of a sample value, as Go's ParseFloat reads it (decimal forms only, as Prometheus' text format has it). */

export type Decimal = { readonly mantissa: number; readonly exponent: number };

const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;
const NOT_A_NUMBER = /^nan$/i;

/** undefined where the text is no number, or one too large for a double (Go calls that a range error). */
export function parseFloatText(text: string): number | undefined {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }
  const infinite = INFINITE.exec(text);
  if (infinite) return infinite[1] === "-" ? -Infinity : Infinity;
  return NOT_A_NUMBER.test(text) ? Number.NaN : undefined;
}

const PLAIN = /^-?[0-9]+(?:\.[0-9]+)?$/;

/**
 * A double as mantissa / 10^exponent that divides back to the same double, from its shortest decimal text; undefined
 * where there is none with a safe integer mantissa and at most 18 decimals (NaN, infinities, -0, 1e300).
 */
export function toDecimal(value: number): Decimal | undefined {
  if (Object.is(value, -0)) return undefined;
  if (Number.isSafeInteger(value)) return { mantissa: value, exponent: 0 };
  const text = String(value);
  if (!PLAIN.test(text)) return undefined;
  const point = text.indexOf(".");
  if (point === -1) return undefined;
  const exponent = text.length - point - 1;
  const mantissa = Number(text.slice(0, point) + text.slice(point + 1));
  if (exponent > 18 || !Number.isSafeInteger(mantissa)) return undefined;
  return mantissa / 10 ** exponent === value ? { mantissa, exponent } : undefined;
}
