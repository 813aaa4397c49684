/** Ends the query of a request from outside: chdb has no way to cancel a call. */
import { quoteString } from "../sql/quote.ts";
import type { Connection } from "./connection.ts";

const REPEAT_MS = 200;

export type Killer = {
  /** Resolves when no KILL is on its way any more. */
  stop(): Promise<void>;
};

/**
 * From the signal's abort on, kills what carries `tag` in query_cache_tag, again and again until stopped: the query may
 * only be about to start. Never with SYNC, which waits for ever.
 */
export function killOnAbort(signal: AbortSignal, control: Connection, tag: string): Killer {
  let stopped = false;
  let killing: Promise<void> = Promise.resolve();
  let endPause: () => void = () => undefined;
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, REPEAT_MS);
      endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const kill = async () => {
    while (!stopped) {
      const where = `Settings['query_cache_tag'] = ${quoteString(tag)}`;
      // It can fail for want of memory only, and is tried again.
      await control.query(`KILL QUERY WHERE ${where} ASYNC`, "Null").catch(() => undefined);
      if (!stopped) await pause();
    }
  };
  const onAbort = () => {
    killing = kill();
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    stop: () => {
      stopped = true;
      signal.removeEventListener("abort", onAbort);
      endPause();
      return killing;
    },
  };
}
