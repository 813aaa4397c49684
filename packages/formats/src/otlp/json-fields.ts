/** Fields of OTLP/JSON, each checked where it is taken. Throws OtlpError with the path of the field. */
import { OtlpError } from "./metrics.ts";

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const INTEGER = /^[+-]?\d+$/;
const NS = 1_000_000n;
const DOUBLES: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, "-Infinity": -Infinity };

/** An object of the body with its path. Absent fields and null are the same: the default of the field. */
export class JsonFields {
  readonly path: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(value: unknown, path: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) fail(path, value, "an object");
    this.#fields = value as Readonly<Record<string, unknown>>;
    this.path = path;
  }

  /** undefined where it is absent or null. */
  raw(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? (this.#fields[name] ?? undefined) : undefined;
  }

  at(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  /** undefined where the field is absent. */
  child(name: string): JsonFields | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : new JsonFields(value, this.at(name));
  }

  children(name: string): JsonFields[] {
    return this.list(name, (value, path) => new JsonFields(value, path));
  }

  list<T>(name: string, read: (value: unknown, path: string) => T): T[] {
    const value = this.raw(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) fail(this.at(name), value, "an array");
    return value.map((each, i) => read(each, `${this.at(name)}[${i}]`));
  }

  string(name: string): string {
    const value = this.raw(name) ?? "";
    return typeof value === "string" ? value : fail(this.at(name), value, "a string");
  }

  bool(name: string): boolean {
    const value = this.raw(name) ?? false;
    return typeof value === "boolean" ? value : fail(this.at(name), value, "true or false");
  }

  double(name: string): number | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : doubleOf(value, this.at(name));
  }

  count(name: string): number {
    return countOf(this.raw(name) ?? 0, this.at(name));
  }

  int32(name: string): number {
    const value = integerOf(this.raw(name) ?? 0, this.at(name));
    if (BigInt.asIntN(32, value) !== value) fail(this.at(name), this.raw(name), "32 bits");
    return Number(value);
  }

  int64(name: string): bigint | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : integerOf(value, this.at(name));
  }

  /** Nanoseconds since 1970 as milliseconds; undefined for 0. */
  time(name: string): number | undefined {
    const nanoseconds = integerOf(this.raw(name) ?? 0, this.at(name));
    if (nanoseconds < 0n || nanoseconds >= 2n ** 64n) fail(this.at(name), this.raw(name), "64 bits without a sign");
    return nanoseconds === 0n ? undefined : Number(nanoseconds / NS);
  }

  bytes(name: string): Uint8Array | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string" || !BASE64.test(value)) fail(this.at(name), value, "bytes in base64");
    return Buffer.from(value as string, "base64");
  }
}

export function doubleOf(value: unknown, path: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "string") {
    const named = DOUBLES[value];
    if (named !== undefined) return named;
    if (value.trim() !== "" && Number.isFinite(Number(value))) return Number(value);
  }
  return fail(path, value, 'a number, or "NaN", "Infinity", "-Infinity"');
}

/** At most 2^53; as a string, as protobuf's JSON has 64-bit integers, or as a number. */
export function countOf(value: unknown, path: string): number {
  const count = Number(integerOf(value, path));
  return count >= 0 && Number.isSafeInteger(count) ? count : fail(path, value, "a count of 0 to 2^53");
}

function integerOf(value: unknown, path: string): bigint {
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  if (typeof value === "string" && value.length <= 20 && INTEGER.test(value)) return BigInt(value.replace(/^\+/, ""));
  return fail(path, value, "an integer, as a number or a string");
}

const MAX_SHOWN = 60;

export function fail(path: string, found: unknown, expected: string): never {
  const text = JSON.stringify(found) ?? "nothing";
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
  throw new OtlpError(path === "" ? "the body" : path, `found ${shown}, expected ${expected}`);
}
