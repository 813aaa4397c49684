/** Why a request is to end before its time, told once. */

export type InterruptReason = "client" | "deadline" | "shutdown";

/** Joins the client's going away, the deadline and the shutdown of one request into one signal. */
export class Interrupt {
  readonly #controller = new AbortController();
  readonly #client: AbortSignal;
  readonly #onClient = () => this.raise("client");
  #timer: NodeJS.Timeout | undefined;
  #reason: InterruptReason | undefined;

  constructor(client: AbortSignal) {
    this.#client = client;
    if (client.aborted) this.raise("client");
    else client.addEventListener("abort", this.#onClient, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reason(): InterruptReason | undefined {
    return this.#reason;
  }

  raise(reason: InterruptReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller.abort();
  }

  startDeadline(milliseconds: number): void {
    this.#timer = setTimeout(() => this.raise("deadline"), Math.min(milliseconds, 2 ** 31 - 1));
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#client.removeEventListener("abort", this.#onClient);
  }
}
