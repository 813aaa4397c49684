/** Answers of OTLP/HTTP: ExportMetricsServiceResponse, and google.rpc.Status where nothing was taken. */

export type PartialSuccess = { readonly rejectedDataPoints: number; readonly errorMessage: string };
export type OtlpEncoding = "protobuf" | "json";

export const CONTENT_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};

/** `partial` undefined: all was taken. A message without rejected points is a warning. */
export function exportAnswer(encoding: OtlpEncoding, partial: PartialSuccess | undefined): Uint8Array {
  if (encoding === "json")
    return Buffer.from(JSON.stringify(partial === undefined ? {} : { partialSuccess: jsonOf(partial) }));
  if (partial === undefined) return Buffer.alloc(0);
  const { rejectedDataPoints, errorMessage } = partial;
  const fields = [...(rejectedDataPoints > 0 ? [0x08, ...varint(rejectedDataPoints)] : [])];
  return field(0x0a, Buffer.concat([Buffer.from(fields), field(0x12, Buffer.from(errorMessage, "utf8"))]));
}

/** 64-bit integers are strings in protobuf's JSON. */
function jsonOf({ rejectedDataPoints, errorMessage }: PartialSuccess) {
  return { rejectedDataPoints: String(rejectedDataPoints), errorMessage };
}

/** Of google.rpc.Code: 3 invalid argument, 13 internal, 14 unavailable. */
const CODES: Readonly<Record<number, number>> = { 400: 3, 413: 3, 415: 3, 405: 12, 500: 13, 503: 14 };

export function statusAnswer(encoding: OtlpEncoding, httpStatus: number, message: string): Uint8Array {
  const code = CODES[httpStatus] ?? 2;
  if (encoding === "json") return Buffer.from(JSON.stringify({ code, message }));
  return Buffer.concat([Buffer.from([0x08, ...varint(code)]), field(0x12, Buffer.from(message, "utf8"))]);
}

function field(tag: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}
