/** The time a target has for its page, without the time in which this process could not listen. */

/** Later than this, a timer tells of a busy process and not of the clock's grain. */
const BUSY_MS = 20;
/** However busy this process is, a target that says nothing ends after so many times its time-out. */
const MOST = 4;

/**
 * Calls `onLate` once the target has had `timeoutMs`. A timer that fires late was kept waiting by other work here, such
 * as the first pages of many new targets; the answer may lie in the socket, unread. So the time lost is given back:
 * else a busy process would throw pages away, ask again, and be the busier.
 */
export function startDeadline(timeoutMs: number, onLate: () => void): { clear(): void } {
  const last = performance.now() + timeoutMs * MOST;
  let timer: NodeJS.Timeout;
  const wait = (ms: number) => {
    const due = performance.now() + ms;
    timer = setTimeout(() => {
      const now = performance.now();
      const lost = now - due;
      if (lost > BUSY_MS && now < last) wait(Math.min(lost * 2, last - now));
      else onLate();
    }, ms);
  };
  wait(timeoutMs);
  return { clear: () => clearTimeout(timer) };
}
