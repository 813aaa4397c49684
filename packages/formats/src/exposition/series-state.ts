import type { ResolvedSeries } from "./page.ts";

/** A series of one target as the reader remembers it between pages. */
export class SeriesState {
  readonly metric: number;
  readonly lo: number;
  readonly hi: number;
  readonly blanks: boolean;
  /** Decimals its values are kept at: the most seen so far, so that its mantissas stay comparable to one another. */
  exponent = 0;
  /** Number of the page that last had it, and of the one before that; 0 for none. */
  seenIn = 0;
  seenBefore = 0;
  /** Its last sample's own time stamp; -1 where it has none, and only then it can go stale. */
  ownTs = -1;

  constructor(resolved: ResolvedSeries) {
    // Signed 32-bit words, which V8 keeps in place.
    this.metric = resolved.metric | 0;
    this.lo = resolved.lo | 0;
    this.hi = resolved.hi | 0;
    this.blanks = resolved.blanks;
  }
}
