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

/** A block is too large for the broker, alone or with those beside it. */
export const TOO_LARGE: ReadonlySet<string> = new Set(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE"]);

export function isFencing(error: unknown): boolean {
  return isOfType(error, FENCING);
}

/** Whether Kafka's answer, or what caused it, is one of these of its protocol. */
export function isOfType(error: unknown, types: ReadonlySet<string>): boolean {
  const { type, cause } = (error ?? {}) as { type?: string; cause?: unknown };
  return (type !== undefined && types.has(type)) || (cause !== undefined && isOfType(cause, types));
}

/** What several errors in one say is in them, and not in its own message. */
export function messageOf(error: unknown): string {
  const { errors, topic } = (error ?? {}) as { errors?: unknown; topic?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return [...new Set(errors.map(messageOf))].join("; ");
  const message = error instanceof Error ? error.message : String(error);
  return typeof topic === "string" ? `topic ${topic}: ${message}` : message;
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

/** Rejects where `work` takes longer, or when `unwanted` aborts; its own end is then nobody's concern. */
export async function within<T>(ms: number, work: Promise<T>, unwanted?: AbortSignal): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer in ${ms / 1000} s`)), ms);
  const giveUp = () => reject(new Error("stopped before there was an answer"));
  unwanted?.addEventListener("abort", giveUp);
  if (unwanted?.aborted) giveUp();
  work.catch(() => {}); // told by the race, or too late to matter
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
    unwanted?.removeEventListener("abort", giveUp);
  }
}
