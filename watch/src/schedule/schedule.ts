/** Runs tasks again and again: each on its own beat, none beside itself, none stopped by another's failure. */

export type Task = {
  readonly name: string;
  readonly intervalMs: number;
  /** `now` in milliseconds since 1970; `signal` aborts when the schedule stops. */
  readonly run: (now: number, signal: AbortSignal) => Promise<void>;
};

export type Clock = {
  now(): number;
  /** Resolves after the time, or at once when the signal aborts. Never rejects. */
  sleep(durationMs: number, signal: AbortSignal): Promise<void>;
};

export type Schedule = { stop(): Promise<void> };

/**
 * Starts every task at once, then on multiples of its interval since 1970, so that two watches look at the same moments.
 * A run that takes longer than the interval skips the moments it missed. `onError` gets what a run throws.
 */
export function startSchedule(
  tasks: readonly Task[],
  clock: Clock,
  onError: (task: Task, error: unknown) => void,
): Schedule {
  const stopped = new AbortController();
  const loops = tasks.map((task) => loop(task, clock, onError, stopped.signal));
  return {
    async stop() {
      stopped.abort();
      await Promise.all(loops);
    },
  };
}

async function loop(
  task: Task,
  clock: Clock,
  onError: (task: Task, error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await task.run(clock.now(), signal);
    } catch (error) {
      if (!signal.aborted) onError(task, error);
    }
    if (signal.aborted) return;
    await clock.sleep(nextBeat(clock.now(), task.intervalMs) - clock.now(), signal);
    if (signal.aborted) return;
  }
}

/** The first multiple of `intervalMs` after `now`. */
export function nextBeat(now: number, intervalMs: number): number {
  return (Math.floor(now / intervalMs) + 1) * intervalMs;
}
