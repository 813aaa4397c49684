/** Why a query cannot be answered: `syntax` is not PromQL; `unsupported` is, but is not evaluated here. */
export type QueryErrorCode = "syntax" | "unsupported";

export class QueryError extends Error {
  readonly code: QueryErrorCode;
  readonly retriable = false;
  /** Where in the query, in UTF-16 code units from 0. */
  readonly position: number;
  constructor(code: QueryErrorCode, message: string, position: number) {
    super(message);
    this.name = "QueryError";
    this.code = code;
    this.position = position;
  }
}

/** "2:7" for a person: line and column from 1. */
export function lineAndColumn(query: string, position: number): string {
  const before = query.slice(0, position);
  const line = before.split("\n").length;
  return `${line}:${position - before.lastIndexOf("\n")}`;
}
