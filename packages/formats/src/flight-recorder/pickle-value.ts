/** What a restricted pickle can hold. Tuples and sets come as arrays; keys of dictionaries as strings. */
export type PickleValue =
  | null
  | boolean
  | number
  /** Whole numbers beyond 2^53 only. */
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleDict;

/** Has no prototype: a key `__proto__` is a key like any other. */
export type PickleDict = { [key: string]: PickleValue };

export type PickleLimits = {
  readonly maxBytes: number;
  /** Values made while reading, those thrown away counted. */
  readonly maxValues: number;
  /** Containers in containers. */
  readonly maxDepth: number;
  /** Bytes of one whole number. */
  readonly maxIntegerBytes: number;
};

/** A ring of 20,000 entries with stacks of 60 frames stays below all of them. */
export const pickleLimits: PickleLimits = {
  maxBytes: 256 * 1024 * 1024,
  maxValues: 20_000_000,
  maxDepth: 64,
  maxIntegerBytes: 1024,
};

export function isDict(value: unknown): value is PickleDict {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
