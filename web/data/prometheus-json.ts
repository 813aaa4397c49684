/** The JSON of the Prometheus API, written by hand where answers grow with the number of samples. */

/**
 * A sample's value as Prometheus prints it, without quotes: shortest digits that read back, no exponent from 1e-6 up to
 * 1e21, else one of at least two digits.
 */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const text = String(value);
  return /e[+-]\d$/.test(text) ? `${text.slice(0, -1)}0${text.slice(-1)}` : text;
}

/** Milliseconds as the JSON number of seconds: three decimals or none. */
export function formatTimestamp(timestampMs: number): string {
  const ms = Math.abs(timestampMs);
  const fraction = ms % 1000;
  const seconds = `${timestampMs < 0 ? "-" : ""}${Math.floor(ms / 1000)}`;
  return fraction === 0 ? seconds : `${seconds}.${String(fraction).padStart(3, "0")}`;
}

/** A label set as JSON, by label name. Written by hand: an object would lose `__proto__` and put numeric names first. */
export function formatLabels(labels: readonly (readonly [name: string, value: string])[]): string {
  const sorted = labels.toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  return `{${sorted.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
}

const CHUNK_CHARS = 64 * 1024;

/** `data` in the frame of a successful answer, in pieces of a size worth sending. */
export function* successBody(data: Iterable<string>, warnings: readonly string[] = []): Generator<string> {
  let pending = '{"status":"success","data":';
  for (const piece of data) {
    pending += piece;
    if (pending.length < CHUNK_CHARS) continue;
    yield pending;
    pending = "";
  }
  yield `${pending}${warnings.length === 0 ? "" : `,"warnings":${JSON.stringify(warnings)}`}}`;
}

/** Produces a piece only when the reader has taken the one before, so that a slow reader holds no memory. */
export function streamOf(pieces: Iterator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull(controller) {
      const next = pieces.next();
      if (next.done === true) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
  });
}
