/** Where long work stands, on stderr, every ten seconds at most. */
const everyMs = 10_000;

export class Progress {
  readonly #what: string;
  readonly #total: number;
  readonly #began = performance.now();
  #done = 0;
  #skipped = 0;
  #told = performance.now();

  constructor(what: string, total: number) {
    this.#what = what;
    this.#total = total;
  }

  /** Done before: counts for where it stands, not for how fast it goes. */
  skip(done: number): void {
    this.#done += done;
    this.#skipped += done;
  }

  add(done: number, now: string): void {
    this.#done += done;
    const ms = performance.now();
    if (ms - this.#told < everyMs) return;
    this.#told = ms;
    const seconds = (ms - this.#began) / 1e3;
    const rate = (this.#done - this.#skipped) / seconds;
    process.stderr.write(`${this.#what}: ${this.#done} of ${this.#total}, ${rate.toFixed(1)}/s, ${now}\n`);
  }
}
