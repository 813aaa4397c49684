/** A time that a line told in nanoseconds, kept whole: today's have 19 digits, and numbers of JSON.parse hold 15 to 16. */
export type Nanoseconds = bigint;

/**
 * The nanoseconds of `key` in a line, told as a number or as a string of digits; `text` is the line that was parsed. undefined
 * where the value is neither. Fractions are cut off.
 */
export function nanosecondsIn(text: string, key: string, value: unknown): Nanoseconds | undefined {
  if (typeof value === "string") return /^\d{1,30}$/.test(value) ? BigInt(value) : undefined;
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return undefined;
  if (value <= Number.MAX_SAFE_INTEGER) return BigInt(Math.trunc(value));
  return wholeIn(text, key, value) ?? BigInt(Math.trunc(value));
}

const digits = /\s*:\s*(\d{16,30})(?![\d.eE])/y;

/** The digits of `key`. The same key may stand in a nested object as well: those meant are of the value that was parsed. */
function wholeIn(text: string, key: string, value: number): Nanoseconds | undefined {
  const quoted = `"${key}"`;
  for (let at = text.indexOf(quoted); at >= 0; at = text.indexOf(quoted, at + 1)) {
    digits.lastIndex = at + quoted.length;
    const found = digits.exec(text)?.[1];
    if (found !== undefined && Number(found) === value) return BigInt(found);
  }
  return undefined;
}

/** Microseconds, to a quarter of one for the times of today. */
export function microseconds(time: Nanoseconds): number {
  return Number(time / 1000n) + Number(time % 1000n) / 1000;
}
