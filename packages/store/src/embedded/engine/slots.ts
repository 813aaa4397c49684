/** How many statements run at once; the rest wait in turn. */

export type Lane = "read" | "write";

export class SlotsFull extends Error {
  override readonly name = "SlotsFull";
}

type Waiter = { readonly lane: Lane; go(): void };

/** One slot is kept from reads, so that an insert never waits behind slow questions only. */
export class Slots {
  readonly #total: number;
  readonly #maxWaiting: number;
  readonly #running = { read: 0, write: 0 };
  #waiting: Waiter[] = [];

  constructor(total: number, maxWaiting: number) {
    this.#total = total;
    this.#maxWaiting = maxWaiting;
  }

  get busy(): number {
    return this.#running.read + this.#running.write;
  }

  /** Resolves with the function that gives the slot back. Rejects with SlotsFull, or with the signal's reason. */
  acquire(lane: Lane, signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#isFree(lane)) return Promise.resolve(this.#take(lane));
    if (this.#waiting.length >= this.#maxWaiting) {
      return Promise.reject(new SlotsFull(`${this.busy} statements run and ${this.#waiting.length} wait`));
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        lane,
        go: () => {
          signal.removeEventListener("abort", leave);
          resolve(this.#take(lane));
        },
      };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #isFree(lane: Lane): boolean {
    return this.busy < this.#total && (lane === "write" || this.#running.read < this.#total - 1);
  }

  #take(lane: Lane): () => void {
    this.#running[lane]++;
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      this.#running[lane]--;
      const next = this.#waiting.findIndex((waiter) => this.#isFree(waiter.lane));
      if (next !== -1) this.#waiting.splice(next, 1)[0]!.go();
    };
  }
}
