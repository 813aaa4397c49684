/**
 * One-sided cumulative sum (Page): how far a series has run above its reference, less an allowance per value. All in
 * multiples of the series' own scale.
 */
export type CusumSettings = {
  /** What a value may lie above the reference without being counted, in scales. */
  readonly allowance: number;
  /** The sum that means a change, in scales. */
  readonly limit: number;
  /** The most that one value adds: a single pause, however long, is no change of level. */
  readonly cap: number;
};

export class Cusum {
  readonly #settings: CusumSettings;
  #sum = 0;
  #run = 0;

  constructor(settings: CusumSettings) {
    this.#settings = settings;
  }

  /** Values since the sum was last zero: where the change began, if there is one. */
  get run(): number {
    return this.#run;
  }

  get sum(): number {
    return this.#sum;
  }

  /** `deviation` is (value - reference) / scale. True while the sum is above the limit. NaN changes nothing. */
  add(deviation: number): boolean {
    if (!Number.isNaN(deviation)) {
      this.#sum = Math.max(0, this.#sum + Math.min(deviation, this.#settings.cap) - this.#settings.allowance);
      // Bounded above, so that a long incident can end within a few values of its cause.
      this.#sum = Math.min(this.#sum, 2 * this.#settings.limit);
      this.#run = this.#sum > 0 ? this.#run + 1 : 0;
    }
    return this.#sum > this.#settings.limit;
  }

  reset(): void {
    this.#sum = 0;
    this.#run = 0;
  }
}
