/** The one error of the boundary to ClickHouse, and what each of ClickHouse's codes means to a caller. */
import { ClickHouseError } from "@clickhouse/client";

export type StoreErrorCode =
  /** No answer: refused, reset, unknown host. */
  | "unreachable"
  | "auth"
  /** The statement is wrong, names what is not there, or its answer does not fit the query's row schema. */
  | "bad_query"
  /** A bound on rows, bytes or memory was reached. */
  | "too_big"
  | "timeout"
  /** ClickHouse refuses inserted data for what it holds: sending it again cannot help. */
  | "content"
  | "server";

type Meaning = { readonly code: StoreErrorCode; readonly retriable: boolean };

/** Codes of ClickHouse's ErrorCodes.cpp. Any other is its own trouble, which may pass. */
const MEANINGS: readonly { readonly meaning: Meaning; readonly codes: readonly number[] }[] = [
  { meaning: { code: "auth", retriable: false }, codes: [192, 193, 194, 195, 497, 516] },
  { meaning: { code: "timeout", retriable: true }, codes: [159, 160, 209, 394] },
  // Rows, bytes and result size are bounds of the query: the same query meets them again. Memory is shared and frees.
  { meaning: { code: "too_big", retriable: false }, codes: [158, 307, 396] },
  { meaning: { code: "too_big", retriable: true }, codes: [241] },
  {
    meaning: { code: "bad_query", retriable: false },
    codes: [
      15, 35, 37, 42, 43, 46, 47, 48, 51, 57, 60, 62, 63, 80, 81, 82, 115, 164, 179, 184, 206, 207, 215, 344, 352, 386,
      403, 452, 456, 457, 524, 620, 728,
    ],
  },
];

/** What ClickHouse answers to data it cannot take; to a statement without data these are a bad query. */
const CONTENT = new Set([
  6, 7, 8, 9, 10, 16, 20, 25, 26, 27, 32, 33, 36, 38, 41, 44, 50, 53, 69, 70, 72, 85, 108, 117, 128, 130, 131, 190, 271,
  321, 349, 376, 441, 467, 469, 636, 675, 676, 691,
]);

const TRANSPORT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ETIMEDOUT",
]);

export type StoreErrorOptions = {
  readonly cause?: unknown;
  /** Default: true for unreachable, timeout and server. */
  readonly retriable?: boolean;
  readonly clickhouseCode?: number;
  readonly clickhouseName?: string;
};

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  /** The very same request may succeed later. */
  readonly retriable: boolean;
  /** ClickHouse's number and name, such as 60 and UNKNOWN_TABLE, where it answered. */
  readonly clickhouseCode: number | undefined;
  readonly clickhouseName: string | undefined;

  constructor(code: StoreErrorCode, message: string, options: StoreErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "StoreError";
    this.code = code;
    this.retriable = options.retriable ?? ["unreachable", "timeout", "server"].includes(code);
    this.clickhouseCode = options.clickhouseCode;
    this.clickhouseName = options.clickhouseName;
  }
}

/** `place` names the query or the table. `carriesData`: the request was an insert. */
export function storeErrorOf(error: unknown, place: string, carriesData: boolean): StoreError {
  if (error instanceof StoreError) return error;
  if (error instanceof ClickHouseError)
    return clickhouseError(
      Number(error.code),
      error.type ?? "UNKNOWN",
      `${place}: ${error.message}`,
      carriesData,
      error,
    );
  const message = error instanceof Error ? error.message : String(error);
  if (/^Timeout error/.test(message)) return new StoreError("timeout", `${place}: no answer in time`, { cause: error });
  const system = error instanceof Error && "code" in error ? String(error.code) : "";
  const away = TRANSPORT.has(system) || /socket hang up|aborted/i.test(message);
  return new StoreError(away ? "unreachable" : "server", `${place}: ${message || system}`, { cause: error });
}

const EXCEPTION = /^Code: (\d+)\. DB::Exception: ([\s\S]*?)(?: \(([A-Z][A-Z0-9_]+)\))?(?: \(version [\s\S]*)?\s*$/;

/** From an answer's status and body, as ClickHouse's HTTP interface writes errors. */
export function storeErrorOfAnswer(status: number, body: string, place: string, carriesData: boolean): StoreError {
  const found = EXCEPTION.exec(body);
  if (found === null) return new StoreError("server", `${place}: HTTP ${status}: ${body.slice(0, 500)}`);
  const [, code, message = "", name = "UNKNOWN"] = found;
  return clickhouseError(Number(code), name, `${place}: ${message}`, carriesData, undefined);
}

/** ClickHouse has one code for a table with too many parts, which passes, and for a block of too many days, which does not. */
const TOO_MANY_PARTITIONS = /Too many partitions for single INSERT block/i;

function clickhouseError(code: number, name: string, message: string, carriesData: boolean, cause: unknown) {
  const known = TOO_MANY_PARTITIONS.test(message)
    ? undefined
    : MEANINGS.find(({ codes }) => codes.includes(code))?.meaning;
  const content: Meaning = { code: carriesData ? "content" : "bad_query", retriable: false };
  const isContent = CONTENT.has(code) || TOO_MANY_PARTITIONS.test(message);
  const meaning = known ?? (isContent ? content : { code: "server", retriable: true });
  return new StoreError(meaning.code, message, {
    ...(cause === undefined ? {} : { cause }),
    retriable: meaning.retriable,
    clickhouseCode: code,
    clickhouseName: name,
  });
}
