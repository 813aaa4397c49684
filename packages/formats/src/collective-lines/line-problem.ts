/** Why something that was read could not be used: where, what was found there and what was expected. */
export type Problem = {
  /** The key, or "line" where the line as a whole is meant. */
  readonly field: string;
  readonly found: string;
  readonly expected: string;
};

/** Lines are counted from 1. */
export type LineProblem = Problem & { readonly line: number };

const maxShown = 80;

/** A found value as a problem tells it: short, on one line. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "bigint") return String(value);
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= maxShown ? text : `${text.slice(0, maxShown)}...`;
}

/** "line 12, rank: found "x", expected a whole number from 0". */
export function problemText({ line, field, found, expected }: LineProblem): string {
  return `line ${line}${field === "line" ? "" : `, ${field}`}: found ${found}, expected ${expected}`;
}
