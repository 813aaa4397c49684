/** When a crashed child is started again. Pure: the caller owns the clock. */
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
/** A child that ran this long had started well; its next crash is a first one again. */
const STEADY_MS = 60_000;

export type Backoff = {
  /** Crashes in a row, none of them after a steady run. */
  readonly crashes: number;
  readonly delayMs: number;
};

export const noCrash: Backoff = { crashes: 0, delayMs: 0 };

/** The wait before the next start, given that the child crashed after `ranMs`: 0.25 s, doubled each time, at most 15 s. */
export function afterCrash(previous: Backoff, ranMs: number): Backoff {
  const crashes = ranMs >= STEADY_MS ? 1 : previous.crashes + 1;
  return { crashes, delayMs: Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (crashes - 1)) };
}
