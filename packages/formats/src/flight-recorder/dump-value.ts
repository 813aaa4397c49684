import { FlightRecorderError } from "./flight-recorder-error.ts";
import { isDict } from "./pickle-value.ts";

/**
 * Reads values of a dump that was unpickled or parsed as JSON: numbers come as numbers, as BigInt or (in JSON) as texts.
 * Every error names the file and the key.
 */
export class DumpValues {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  fail(place: string, found: unknown, expected: string): never {
    return this.refuse(place, `found ${shownValue(found)}, expected ${expected}`);
  }

  refuse(place: string, problem: string): never {
    throw new FlightRecorderError(this.#file, place, problem);
  }

  dict(place: string, value: unknown): { readonly [key: string]: unknown } {
    return isDict(value) ? value : this.fail(place, value, "a dict");
  }

  list(place: string, value: unknown): readonly unknown[] {
    return Array.isArray(value) ? value : this.fail(place, value, "a list");
  }

  text(place: string, value: unknown): string {
    return typeof value === "string" ? value : this.fail(place, value, "a text");
  }

  /** A whole number, which may stand as a text. */
  integer(place: string, value: unknown): number {
    const number = numberOf(value);
    return number !== undefined && Number.isInteger(number) ? number : this.fail(place, value, "a whole number");
  }

  boolean(place: string, value: unknown): boolean {
    if (typeof value === "boolean") return value;
    if (value === "true" || value === "True" || value === 1) return true;
    if (value === "false" || value === "False" || value === 0) return false;
    return this.fail(place, value, "true or false");
  }

  /** Microseconds of nanoseconds since 1970; the JSON form writes 0 where the pickle writes None. */
  time(place: string, value: unknown): number | undefined {
    if (value === undefined || value === null || value === 0 || value === "0" || value === "null") return undefined;
    if (typeof value === "bigint") return microsecondsOf(this.#positive(place, value));
    if (typeof value === "string" && /^\d{1,20}$/.test(value)) return microsecondsOf(BigInt(value));
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value / 1000;
    return this.fail(place, value, "nanoseconds since 1970");
  }

  optional<T>(place: string, value: unknown, read: (place: string, value: unknown) => T): T | undefined {
    return value === undefined || value === null ? undefined : read.call(this, place, value);
  }

  #positive(place: string, value: bigint): bigint {
    return value > 0n ? value : this.fail(place, value, "nanoseconds since 1970");
  }
}

/** undefined where it is neither a number nor the text of one. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value === "bigint") return Number(value);
  return typeof value === "string" && /^-?\d{1,20}(\.\d{1,20})?$/.test(value) ? Number(value) : undefined;
}

/** Divided as a whole number first: as a double, nanoseconds of today are only known to 256. */
function microsecondsOf(nanoseconds: bigint): number {
  return Number(nanoseconds / 1000n) + Number(nanoseconds % 1000n) / 1000;
}

const maxShown = 80;

/** Never walks deep: a value from outside may be large. */
function shownValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return value instanceof Uint8Array ? "bytes" : "a dict";
  const text = typeof value === "string" ? JSON.stringify(value.slice(0, maxShown + 1)) : String(value);
  return text.length <= maxShown ? text : `${text.slice(0, maxShown)}...`;
}
