type Numbers = Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** A column of numbers of a length not known beforehand. */
export class NumberColumn<T extends Numbers> {
  readonly #make: new (
    length: number,
  ) => T;
  #values: T;
  #length = 0;

  constructor(make: new (length: number) => T) {
    this.#make = make;
    this.#values = new make(1024);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new this.#make(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  finish(): T {
    return this.#values.slice(0, this.#length) as T;
  }
}
