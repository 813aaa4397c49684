/** Watches the anchor: the last operation it has in each step is where the step ends. */

export type Boundary = {
  readonly step: number;
  /** Start (or arrival, where not dated) of the anchor's last operation of the step. */
  readonly at: number;
  /** Microseconds; NaN where not dated. */
  readonly ended: number;
};

export type BoundaryState = {
  readonly step: number;
  readonly count: number;
  readonly at: number | null;
  readonly ended: number | null;
  readonly closed: boolean;
};

export class BoundaryWatch {
  readonly #advance: number;
  readonly #count: number;
  #step = -1;
  #heard = 0;
  #at = Number.NEGATIVE_INFINITY;
  #ended = Number.NaN;
  #closed = true;

  constructor(advance: number, count: number, state?: BoundaryState) {
    this.#advance = advance;
    this.#count = count;
    if (state === undefined) return;
    this.#step = state.step;
    this.#heard = state.count;
    this.#at = state.at ?? Number.NEGATIVE_INFINITY;
    this.#ended = state.ended ?? Number.NaN;
    this.#closed = state.closed;
  }

  get state(): BoundaryState {
    const at = Number.isFinite(this.#at) ? this.#at : null;
    const ended = Number.isNaN(this.#ended) ? null : this.#ended;
    return { step: this.#step, count: this.#heard, at, ended, closed: this.#closed };
  }

  /** Gives 0 to 2 boundaries: one that the operation ends, and before it one whose last operations were not heard. */
  heard(seq: number, at: number, ended: number, onBoundary: (boundary: Boundary) => void): void {
    const step = Math.floor(seq / this.#advance);
    if (step < this.#step) return;
    if (step > this.#step) {
      if (!this.#closed) onBoundary({ step: this.#step, at: this.#at, ended: this.#ended });
      this.#step = step;
      this.#heard = 0;
      this.#at = Number.NEGATIVE_INFINITY;
      this.#ended = Number.NaN;
      this.#closed = false;
    }
    this.#heard++;
    if (at > this.#at) this.#at = at;
    if (!(ended <= this.#ended)) this.#ended = ended;
    if (this.#closed || (seq < this.#advance * (step + 1) - 1 && this.#heard < this.#count)) return;
    this.#closed = true;
    onBoundary({ step, at: this.#at, ended: this.#ended });
  }
}
