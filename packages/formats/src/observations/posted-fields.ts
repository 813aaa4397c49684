/** Fields of posted JSON, each checked where it is taken and none left over. */

export class ObservationError extends Error {
  override readonly name = "ObservationError";
  /** As in `[3].features[0].counts[2]`; empty for the body as a whole. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
  constructor(path: string, found: string, expected: string) {
    super(`${path === "" ? "the body" : path}: found ${found}, expected ${expected}`);
    this.path = path;
    this.found = found;
    this.expected = expected;
  }
}

const MAX_SHOWN = 80;

export function shownJson(value: unknown): string {
  const text = value === undefined ? "nothing" : (JSON.stringify(value) ?? String(value));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
}

export function refuse(path: string, found: unknown, expected: string): never {
  throw new ObservationError(path, shownJson(found), expected);
}

/** `found` in words. */
export function misfit(path: string, found: string, expected: string): never {
  throw new ObservationError(path, found, expected);
}

export type Fields = Readonly<Record<string, unknown>>;

/** Refuses what is no object, and the first key that is none of `known`. */
export function fieldsOf(value: unknown, path: string, known: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(path, value, "an object");
  const fields = value as Fields;
  for (const key of Object.keys(fields)) {
    if (known.includes(key)) continue;
    misfit(path === "" ? key : `${path}.${key}`, "an unknown key", `one of ${known.join(", ")}`);
  }
  return fields;
}

export function textOf(value: unknown, path: string, maxLength: number): string {
  if (typeof value !== "string" || value === "") refuse(path, value, "a text that is not empty");
  const text = value as string;
  if (text.length > maxLength) misfit(path, `${text.length} characters`, `at most ${maxLength}`);
  return text;
}

export function arrayOf(value: unknown, path: string, maxLength: number): readonly unknown[] {
  if (!Array.isArray(value)) return refuse(path, value, "an array");
  if (value.length > maxLength) misfit(path, `${value.length} elements`, `at most ${maxLength}`);
  return value;
}

export function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

export function countOf(value: unknown, path: string): number {
  if (isCount(value)) return value;
  return refuse(path, value, "a whole number of 0 to 2^53");
}

export function finiteOf(value: unknown, path: string): number {
  return typeof value === "number" && Number.isFinite(value) ? value : refuse(path, value, "a finite number");
}

/** A bare NaN or Infinity, as some writers of JSON leave them, or a text, which stays as it is. */
const BARE = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/** What stands where JSON has no way to say it becomes a text, so that the field it stands in can be told. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const quoted = text.replace(BARE, (token) => (token.startsWith('"') ? token : `"${token}"`));
    try {
      return JSON.parse(quoted);
    } catch {
      throw new ObservationError("", `no JSON: ${(error as Error).message}`, "an object or an array of objects");
    }
  }
}
