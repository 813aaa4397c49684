/** ClickHouse's exceptions as its HTTP interface tells them: text, code, name, status. */

export class ClickHouseException extends Error {
  readonly code: number;
  /** As in `UNKNOWN_TABLE`. */
  readonly errorName: string;

  constructor(code: number, errorName: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ClickHouseException";
    this.code = code;
    this.errorName = errorName;
  }
}

const SHAPE =
  /^Code: (\d+)\. DB::(?:\w+)?Exception: ([\s\S]*?)(?:\. )?\(([A-Z][A-Z0-9_]+)\)(?: \(version [^)]*\))?\s*$/;

/** What the engine threw, taken apart. */
export function exceptionFrom(error: unknown): ClickHouseException {
  const text = error instanceof Error ? error.message : String(error);
  const match = SHAPE.exec(text);
  if (match === null) return new ClickHouseException(1002, "UNKNOWN_EXCEPTION", text, { cause: error });
  return new ClickHouseException(Number(match[1]), match[3]!, match[2]!, { cause: error });
}

/** The body of an error answer, in one line of ClickHouse's shape. */
export function exceptionText(error: ClickHouseException, version: string): string {
  return `Code: ${error.code}. DB::Exception: ${error.message}. (${error.errorName}) (version ${version} (official build))\n`;
}

/**
 * An exception after part of the answer has gone out (ClickHouse 25.11 and later). The tag, 16 letters, went out in the
 * header X-ClickHouse-Exception-Tag, so that no result can be taken for it.
 *
 *     CR LF __exception__ CR LF TAG CR LF message LF length SPACE TAG CR LF __exception__ CR LF
 *
 * length counts the message and its LF.
 */
export function exceptionFrame(text: string, tag: string): Buffer {
  const message = Buffer.from(text.endsWith("\n") ? text : `${text}\n`);
  const head = Buffer.from(`\r\n__exception__\r\n${tag}\r\n`);
  return Buffer.concat([head, message, Buffer.from(`${message.length} ${tag}\r\n__exception__\r\n`)]);
}

/** Status of an error answer; what is not listed is a 500. */
const STATUSES: Readonly<Record<number, readonly string[]>> = {
  400: [
    "BAD_ARGUMENTS",
    "CANNOT_PARSE_TEXT",
    "CANNOT_PARSE_QUOTED_STRING",
    "CANNOT_PARSE_ESCAPE_SEQUENCE",
    "CANNOT_PARSE_DATE",
    "CANNOT_PARSE_DATETIME",
    "CANNOT_PARSE_NUMBER",
    "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
    "CANNOT_PARSE_UUID",
    "CANNOT_PARSE_IPV4",
    "CANNOT_PARSE_IPV6",
    "CANNOT_READ_ALL_DATA",
    "ILLEGAL_TYPE_OF_ARGUMENT",
    "ILLEGAL_COLUMN",
    "INCORRECT_DATA",
    "SYNTAX_ERROR",
    "TYPE_MISMATCH",
    "TOO_DEEP_AST",
    "TOO_BIG_AST",
    "UNEXPECTED_AST_STRUCTURE",
    "UNKNOWN_ELEMENT_IN_AST",
    "UNKNOWN_QUERY_PARAMETER",
    "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
  ],
  403: ["AUTHENTICATION_FAILED", "READONLY", "ACCESS_DENIED"],
  404: [
    "UNKNOWN_TABLE",
    "UNKNOWN_DATABASE",
    "UNKNOWN_FUNCTION",
    "UNKNOWN_IDENTIFIER",
    "UNKNOWN_TYPE",
    "UNKNOWN_STORAGE",
    "UNKNOWN_SETTING",
    "UNKNOWN_FORMAT",
    "UNKNOWN_ROLE",
    "UNKNOWN_AGGREGATE_FUNCTION",
    "NO_SUCH_COLUMN_IN_TABLE",
  ],
  408: ["TIMEOUT_EXCEEDED"],
  413: ["QUERY_IS_TOO_LARGE", "TOO_MANY_BYTES"],
  415: ["UNKNOWN_COMPRESSION_METHOD"],
  501: ["NOT_IMPLEMENTED", "FUNCTION_NOT_ALLOWED"],
  503: ["TOO_MANY_SIMULTANEOUS_QUERIES", "ABORTED"],
};

const statusByName = new Map(
  Object.entries(STATUSES).flatMap(([status, names]) => names.map((name) => [name, Number(status)])),
);

export function statusOf(error: ClickHouseException): number {
  return statusByName.get(error.errorName) ?? 500;
}
