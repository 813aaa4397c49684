import type { PickleBytes } from "./pickle-bytes.ts";
import { isDict, type PickleDict, type PickleLimits, type PickleValue } from "./pickle-value.ts";

/** The stack, the marks and the memo of the pickle machine. Methods return true so that opcodes can end with them. */
export class PickleStack {
  readonly #input: PickleBytes;
  readonly #limits: PickleLimits;
  readonly #values: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #made = 0;

  constructor(input: PickleBytes, limits: PickleLimits) {
    this.#input = input;
    this.#limits = limits;
  }

  push(value: PickleValue): true {
    if (++this.#made > this.#limits.maxValues)
      this.#input.fail(`found more than ${this.#limits.maxValues} values, which is the limit`);
    this.#values.push(value);
    return true;
  }

  mark(): true {
    if (this.#marks.length >= this.#limits.maxDepth)
      this.#input.fail(`found more than ${this.#limits.maxDepth} open marks, which is the limit`);
    this.#marks.push(this.#values.length);
    return true;
  }

  pop(): true {
    // Python's pickler drops a mark this way when it writes a tuple that holds itself.
    if (this.#values.length === this.#floor && this.#marks.length > 0) this.#marks.pop();
    else this.lastOnes(1);
    return true;
  }

  top(): PickleValue {
    const value = this.#values.length > this.#floor ? this.#values.at(-1) : undefined;
    if (value === undefined) this.#input.fail("found an empty stack, expected a value: damaged");
    return value;
  }

  lastOnes(count: number): PickleValue[] {
    if (this.#values.length - this.#floor < count)
      this.#input.fail(`found ${this.#values.length - this.#floor} values on the stack, expected ${count}: damaged`);
    return this.#values.splice(this.#values.length - count, count);
  }

  sinceMark(): PickleValue[] {
    const from = this.#marks.pop();
    if (from === undefined) this.#input.fail("found no mark on the stack, expected one: damaged");
    return this.#values.splice(from);
  }

  newDict(keysAndValues: readonly PickleValue[]): PickleDict {
    const dict: PickleDict = Object.create(null) as PickleDict;
    this.#fill(dict, keysAndValues);
    return dict;
  }

  setItems(keysAndValues: readonly PickleValue[]): true {
    const dict = this.top();
    if (!isDict(dict)) this.#input.fail(`found ${kindOf(dict)} to set items of, expected a dict: damaged`);
    this.#fill(dict, keysAndValues);
    return true;
  }

  append(items: readonly PickleValue[]): true {
    const list = this.top();
    if (!Array.isArray(list)) this.#input.fail(`found ${kindOf(list)} to append to, expected a list: damaged`);
    for (const item of items) list.push(item);
    return true;
  }

  put(index: number): true {
    this.#memo.set(index, this.top());
    return true;
  }

  memoize(): true {
    return this.put(this.#memo.size);
  }

  get(index: number): true {
    const value = this.#memo.get(index);
    if (value === undefined) this.#input.fail(`found memo index ${index}, which was not stored before: damaged`);
    return this.push(value);
  }

  result(): PickleValue {
    if (this.#values.length !== 1 || this.#marks.length !== 0)
      this.#input.fail(
        `found ${this.#values.length} values and ${this.#marks.length} marks at STOP, expected one value`,
      );
    return this.#values[0]!;
  }

  /** Values below the last mark belong to the container around. */
  get #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }

  #fill(dict: PickleDict, keysAndValues: readonly PickleValue[]): void {
    if (keysAndValues.length % 2 !== 0) this.#input.fail("found a key without a value: damaged");
    for (let at = 0; at < keysAndValues.length; at += 2) {
      const key = keysAndValues[at]!;
      if (typeof key === "object" && key !== null)
        this.#input.fail(`found ${kindOf(key)} as a key, expected a text or a number`);
      dict[String(key)] = keysAndValues[at + 1]!;
    }
  }
}

function kindOf(value: PickleValue): string {
  if (value === null) return "None";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Uint8Array) return "bytes";
  return typeof value === "object" ? "a dict" : `a ${typeof value}`;
}
