/** One way to trouble a deployment, with what must still hold. */

export type ScenarioContext = {
  /** How long the trouble lasts. */
  readonly seconds: number;
  readonly seed: number;
  readonly print: (line: string) => void;
};

export type Outcome = {
  /** What was counted, in the order it is told. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** What should hold and does not; empty: all is well. */
  readonly failures: readonly string[];
};

export type Scenario = {
  readonly name: string;
  readonly about: string;
  readonly seconds: { readonly short: number; readonly long: number };
  readonly run: (context: ScenarioContext) => Promise<Outcome>;
};

/** Says what does not hold. */
export class Checks {
  readonly failures: string[] = [];

  equal(what: string, found: number, expected: number): void {
    if (found !== expected) this.failures.push(`${what}: ${found}, expected ${expected}`);
  }

  atMost(what: string, found: number, limit: number): void {
    if (!(found <= limit)) this.failures.push(`${what}: ${found}, expected at most ${limit}`);
  }

  atLeast(what: string, found: number, limit: number): void {
    if (!(found >= limit)) this.failures.push(`${what}: ${found}, expected at least ${limit}`);
  }

  empty(what: string, found: readonly unknown[]): void {
    if (found.length > 0)
      this.failures.push(`${what}: ${found.slice(0, 5).join("; ")}${found.length > 5 ? "; ..." : ""}`);
  }
}

/** A small generator of numbers in [0, 1) that a seed repeats (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
