/** Functions of one number, applied to every value of a vector. */

export const ELEMENTWISE: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  ceil: Math.ceil,
  cos: Math.cos,
  cosh: Math.cosh,
  deg: (value) => (value * 180) / Math.PI,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
  rad: (value) => (value * Math.PI) / 180,
  sgn: (value) => (value < 0 ? -1 : value > 0 ? 1 : value),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};

/** Ties go up; multiplying by the inverse rounds better than dividing. */
export function roundTo(value: number, nearest: number): number {
  const inverse = 1 / nearest;
  return Math.floor(value * inverse + 0.5) / inverse;
}

export function clampTo(value: number, least: number, most: number): number {
  return largerOf(least, smallerOf(most, value));
}

/** As Go has it: an infinity that decides alone wins over NaN. */
function smallerOf(a: number, b: number): number {
  const lowest = Number.NEGATIVE_INFINITY;
  return a === lowest || b === lowest ? lowest : Math.min(a, b);
}

function largerOf(a: number, b: number): number {
  const highest = Number.POSITIVE_INFINITY;
  return a === highest || b === highest ? highest : Math.max(a, b);
}
