/** Neumaier's sum: money over a year of small amounts keeps its last digit. */
export class CompensatedSum {
  #sum = 0;
  #lost = 0;

  add(amount: number): void {
    const next = this.#sum + amount;
    this.#lost += Math.abs(this.#sum) >= Math.abs(amount) ? this.#sum - next + amount : amount - next + this.#sum;
    this.#sum = next;
  }

  get value(): number {
    return this.#sum + this.#lost;
  }
}

export function sumOf(amounts: Iterable<number>): number {
  const sum = new CompensatedSum();
  for (const amount of amounts) sum.add(amount);
  return sum.value;
}
