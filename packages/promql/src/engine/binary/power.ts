/**
 * The power operator as Go computes it: square and multiply on mantissa and exponent kept apart, so that 1000 ^ 12 is
 * 1e36 and not its neighbour as from JavaScript's own `**`. Rules and dashboards compare such numbers for equality.
 */

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
const EXPONENT_BITS = 0x7ff00000;
const SUBNORMAL_SCALE = 2 ** 54;
/** Exponents beyond this over- or underflow whatever the mantissa is. */
const FAR = 1 << 12;

/** `value` = mantissa * 2^exponent with 0.5 <= |mantissa| < 1; `value` finite and not 0. */
function split(value: number): { mantissa: number; exponent: number } {
  number[0] = value;
  if ((words[1]! & EXPONENT_BITS) === 0) {
    const { mantissa, exponent } = split(value * SUBNORMAL_SCALE);
    return { mantissa, exponent: exponent - 54 };
  }
  const exponent = ((words[1]! & EXPONENT_BITS) >>> 20) - 1022;
  words[1] = ((words[1]! & ~EXPONENT_BITS) | (1022 << 20)) >>> 0;
  return { mantissa: number[0]!, exponent };
}

/** mantissa * 2^exponent, in steps that do not overflow before the end. */
function join(mantissa: number, exponent: number): number {
  let value = mantissa;
  let rest = Math.max(-3000, Math.min(3000, exponent));
  for (; rest > 1000; rest -= 1000) value *= 2 ** 1000;
  for (; rest < -1000; rest += 1000) value *= 2 ** -1000;
  return value * 2 ** rest;
}

export function power(base: number, exponent: number): number {
  if (exponent === 0 || base === 1) return 1;
  if (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY) return 1;
  const ordinary = Number.isFinite(base) && Number.isFinite(exponent) && base !== 0 && Math.abs(exponent) < 2 ** 53;
  if (!ordinary) return base ** exponent;
  if (exponent === 0.5) return Math.sqrt(base);
  if (exponent === -0.5) return 1 / Math.sqrt(base);
  const whole = Math.trunc(Math.abs(exponent));
  const fraction = Math.abs(exponent) - whole;
  if (fraction !== 0 && base < 0) return Number.NaN;
  // Nearer to 1, a fraction is taken as one more less the remainder.
  const isNearNext = fraction > 0.5;
  const factor = fraction === 0 ? 1 : Math.exp((isNearNext ? fraction - 1 : fraction) * Math.log(base));
  const result = times(factor, base, isNearNext ? whole + 1 : whole);
  return exponent < 0 ? join(1 / result.mantissa, -result.exponent) : join(result.mantissa, result.exponent);
}

/** factor * base^count. */
function times(factor: number, base: number, count: number): { mantissa: number; exponent: number } {
  let { mantissa, exponent } = split(base);
  const result = { mantissa: factor, exponent: 0 };
  for (let left = count; left > 0; left = Math.floor(left / 2)) {
    if (Math.abs(exponent) > FAR) {
      result.exponent += exponent;
      break;
    }
    if (left % 2 === 1) {
      result.mantissa *= mantissa;
      result.exponent += exponent;
    }
    mantissa *= mantissa;
    exponent *= 2;
    if (mantissa < 0.5) {
      mantissa += mantissa;
      exponent--;
    }
  }
  return result;
}
