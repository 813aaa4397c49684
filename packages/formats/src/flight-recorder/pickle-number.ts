/** Whole numbers and floats of the opcodes that write them as text or as bytes; undefined where they are not well-formed. */

/** A number where it is exact, BigInt beyond 2^53. */
export function exact(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** Two's complement, least significant byte first; no bytes are 0. */
export function integerOf(bytes: Uint8Array): number | bigint {
  if (bytes.length <= 6) return smallIntegerOf(bytes);
  let hex = "";
  for (let at = bytes.length - 1; at >= 0; at--) hex += bytes[at]!.toString(16).padStart(2, "0");
  return exact(BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`)));
}

function smallIntegerOf(bytes: Uint8Array): number {
  let value = 0;
  for (let at = bytes.length - 1; at >= 0; at--) value = value * 256 + bytes[at]!;
  const negative = bytes.length > 0 && bytes[bytes.length - 1]! >= 0x80;
  return negative ? value - 2 ** (8 * bytes.length) : value;
}

/** "123", or "123L" as protocol 0 writes long ones. */
export function integerOfText(text: string): number | bigint | undefined {
  return /^[+-]?\d{1,2400}L?$/.test(text) ? exact(BigInt(text.replace(/^\+/, "").replace(/L$/, ""))) : undefined;
}

export function floatOfText(text: string): number | undefined {
  if (/^[+-]?(inf|infinity)$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^[+-]?nan$/i.test(text)) return Number.NaN;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
