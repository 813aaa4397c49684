/** Where whole lines end in what was read, and how far a position moves with them. */
const LINE_FEED = 10;

/** Bytes; a longer line is skipped. */
export const MAX_LINE = 1 << 20;

export type Cut = {
  /** From `start` to `end` are whole lines. */
  readonly start: number;
  readonly end: number;
  /** Up to here all is done; what follows is the beginning of a line. */
  readonly done: number;
  /** `done` is within a line too long. */
  readonly skipping: boolean;
  /** That line begins in these bytes, at `end`. */
  readonly tooLong: boolean;
};

/**
 * `skipping`: the bytes begin within a line that is being skipped. Its line feed then is an empty line, so that who counts
 * lines counts it too.
 */
export function cutLines(bytes: Buffer, skipping: boolean): Cut {
  const start = skipping ? bytes.indexOf(LINE_FEED) : 0;
  if (start < 0) return { start: 0, end: 0, done: bytes.length, skipping: true, tooLong: false };
  const end = Math.max(bytes.lastIndexOf(LINE_FEED) + 1, start);
  const tooLong = bytes.length - end > MAX_LINE;
  return { start, end, done: tooLong ? bytes.length : end, skipping: tooLong, tooLong };
}
