/** Tries `action` until it succeeds or fails for good, or nobody wants it any more. */
export type Retry = <T>(what: string, action: () => Promise<T>, unwanted?: AbortSignal) => Promise<T>;

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
  return async (what, action, unwanted) => {
    const signals = unwanted === undefined ? [options.signal] : [options.signal, unwanted];
    for (let attempt = 1; ; attempt++) {
      try {
        return await action();
      } catch (error) {
        if (signals.some(({ aborted }) => aborted) || !options.isRetriable(error)) throw error;
        options.onRetry(what, error, attempt);
        const ceiling = Math.min(options.lastMs, options.firstMs * 2 ** (attempt - 1));
        await pause(ceiling * (0.5 + options.random() / 2), signals);
      }
    }
  };
}

function pause(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    }
    for (const signal of signals) signal.addEventListener("abort", done);
  });
}
