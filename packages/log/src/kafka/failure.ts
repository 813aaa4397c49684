/** What an error of kafkajs means for whoever holds a partition. */

/** Refusals by which the group says: you are no longer a member, or the partitions are being dealt again. */
const FENCING = new Set([
  "REBALANCE_IN_PROGRESS",
  "ILLEGAL_GENERATION",
  "UNKNOWN_MEMBER_ID",
  "FENCED_INSTANCE_ID",
  "GROUP_MAX_SIZE_REACHED",
  // The group's coordinator is another broker now, and only joining again finds it.
  "NOT_COORDINATOR_FOR_GROUP",
]);

export function isFencing(error: unknown): boolean {
  const { type, cause } = (error ?? {}) as { type?: string; cause?: unknown };
  return (type !== undefined && FENCING.has(type)) || (cause !== undefined && isFencing(cause));
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Resolves after the time or when one of the signals aborts, and never rejects. */
export async function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  const passed = new AbortController();
  const timer = setTimeout(() => passed.abort(), ms);
  await aborted(passed.signal, ...signals);
  clearTimeout(timer);
}

/** Resolves when one of them aborts. */
export function aborted(...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    if (signals.some((signal) => signal.aborted)) return resolve();
    function done() {
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    }
    for (const signal of signals) signal.addEventListener("abort", done);
  });
}

/** Rejects where `work` takes longer; its own end is then nobody's concern. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ms / 1000} s`)), ms);
  });
  work.catch(() => {}); // told by the race, or too late to matter
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
