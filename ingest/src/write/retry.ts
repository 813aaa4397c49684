/** Tries `action` until it succeeds or fails for good. */
export type Retry = <T>(what: string, action: () => Promise<T>) => Promise<T>;

export type RetryOptions = {
  readonly firstMs: number;
  readonly lastMs: number;
  readonly isRetriable: (error: unknown) => boolean;
  readonly onRetry: (what: string, error: unknown, attempt: number) => void;
  readonly random: () => number;
  readonly signal: AbortSignal;
};

/** Exponential back-off with jitter, without end: what is in the log is never given up. Aborted, the last error is thrown. */
export function createRetry(options: RetryOptions): Retry {
  return async (what, action) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await action();
      } catch (error) {
        if (options.signal.aborted || !options.isRetriable(error)) throw error;
        options.onRetry(what, error, attempt);
        const ceiling = Math.min(options.lastMs, options.firstMs * 2 ** (attempt - 1));
        await pause(ceiling * (0.5 + options.random() / 2), options.signal);
      }
    }
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
