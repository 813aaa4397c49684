/**
 * Sends observations in their order. While the receiver is away they wait in memory, a bounded number of them: beyond it the
 * oldest go, and it is said how many.
 */
import type { ObservationBody } from "./observation-body.ts";

/** An hour of windows of 30 s from two replicas, each sent twice. */
const MAX_WAITING = 480;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
const TIMEOUT_MS = 10_000;

export type SenderLog = { warn(fields: Record<string, unknown>, message: string): void };

export type SenderOptions = {
  /** Of the receiver, such as http://127.0.0.1:4318. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly log: SenderLog;
  readonly maxWaiting?: number;
  readonly firstRetryMs?: number;
};

type Waiting = { readonly key: string; readonly body: ObservationBody };

export class ObservationSender {
  readonly #options: SenderOptions;
  readonly #waiting: Waiting[] = [];
  readonly #stopping = new AbortController();
  #sending: Promise<void> | undefined;
  #dropped = 0;
  #away = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Returns at once. `key` names the observation: the receiver takes it once however often it is sent. */
  send(key: string, body: ObservationBody): void {
    if (this.#stopping.signal.aborted) return;
    this.#waiting.push({ key, body });
    if (this.#waiting.length > (this.#options.maxWaiting ?? MAX_WAITING)) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** What still waits is given up. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    const { signal } = this.#stopping;
    let retryMs = this.#options.firstRetryMs ?? FIRST_RETRY_MS;
    for (let next = this.#waiting[0]; next !== undefined && !signal.aborted; next = this.#waiting[0]) {
      const problem = await this.#post(next);
      if (signal.aborted) return;
      if (problem === undefined) {
        this.#done(next);
        retryMs = this.#options.firstRetryMs ?? FIRST_RETRY_MS;
        continue;
      }
      if (!this.#away) this.#options.log.warn({ problem }, "observations wait: the receiver does not take them");
      this.#away = true;
      await pause(retryMs, signal);
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    }
  }

  #done(sent: Waiting): void {
    // The oldest may have been dropped while it was under way.
    if (this.#waiting[0] === sent) this.#waiting.shift();
    if (this.#dropped > 0) {
      this.#options.log.warn({ dropped: this.#dropped }, "observations were dropped while the receiver was away");
    }
    this.#dropped = 0;
    this.#away = false;
  }

  /** Undefined where it was taken, or refused for good, which is said; else why it has to be sent again. */
  async #post({ key, body }: Waiting): Promise<string | undefined> {
    const { url, token, log } = this.#options;
    try {
      const response = await fetch(`${url}/v1/observations`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "idempotency-key": key,
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      const text = await response.text();
      if (response.ok) return undefined;
      const problem = `${response.status} ${text.slice(0, 300).trim()}`;
      if (response.status >= 500 || response.status === 429 || response.status === 408) return problem;
      log.warn({ key, problem }, "an observation was refused");
      return undefined;
    } catch (error) {
      const { message, cause } = error as Error;
      return cause instanceof Error ? `${message}: ${cause.message}` : message;
    }
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}
