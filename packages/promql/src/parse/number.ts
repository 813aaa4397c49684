/** PromQL's numbers: decimal, hexadecimal, octal by a leading 0, Inf, NaN, and durations as seconds. */

const UNIT_MS: Readonly<Record<string, number>> = {
  y: 365 * 86_400_000,
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};
const DURATION = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/;
const DECIMAL = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Milliseconds of "1h30m", units from the largest to the smallest and each once; undefined where it is none. */
export function durationMs(text: string): number | undefined {
  if (text === "" || !DURATION.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[ywdhms])/g)) ms += Number(count) * UNIT_MS[unit!]!;
  return ms;
}

/** The value of a literal with or without a sign; undefined where it is no number of PromQL. */
export function numberValue(literal: string): { value: number; isDuration: boolean } | undefined {
  const negative = literal.startsWith("-");
  const text = (negative || literal.startsWith("+") ? literal.slice(1) : literal).trim();
  const ms = durationMs(text);
  const magnitude = ms === undefined ? unsigned(text) : ms / 1000;
  if (magnitude === undefined) return undefined;
  return { value: negative ? -magnitude : magnitude, isDuration: ms !== undefined };
}

function unsigned(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (lower === "inf") return Number.POSITIVE_INFINITY;
  if (lower === "nan") return Number.NaN;
  const digits = lower.replaceAll("_", "");
  if (/^0x[0-9a-f]+$/.test(digits)) return Number.parseInt(digits.slice(2), 16);
  // As Go reads an integer literal: a leading zero makes it octal where all digits allow.
  if (/^0[0-7]+$/.test(digits)) return Number.parseInt(digits, 8);
  return DECIMAL.test(digits) ? Number(digits) : undefined;
}

/**
 * The same text, character for character, with the few number forms the grammar's tokenizer does not know written in
 * ways it does: `2.` as `2 `, `2.e3` as `2e3 `, `0X1F` as `0x1F`.
 */
export function withPlainNumbers(query: string): string {
  if (!/\d\.(?!\d)|0X/.test(query)) return query;
  const pattern =
    /"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`[^`]*`?|#[^\n]*|[a-zA-Z_:][\w:]*|0[xX][0-9a-fA-F_]+|\d[\d_]*\.(?!\d)(?:[eE][+-]?\d+)?/g;
  return query.replace(pattern, (token) => {
    if (token.startsWith("0X")) return `0x${token.slice(2)}`;
    if (!/^\d[\d_]*\./.test(token)) return token;
    return `${token.replace(".", "")} `;
  });
}
