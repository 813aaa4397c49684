import { lineAndColumn, QueryError } from "@lockstep/promql/query-error";
import { parseSelector } from "@lockstep/promql/selector";
import type { SeriesSelector } from "@lockstep/schemas/queries/series-matchers";
import { ApiError, badParameter } from "./prometheus-error.ts";

/** What `parse` makes of a parameter's text, or the API's error for what it refuses. */
export function parsedAs<T>(name: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    const place = `${lineAndColumn(text, error.position)}: ${error.message}`;
    throw error.code === "unsupported" ? new ApiError("execution", place) : badParameter(name, place);
  }
}

export function parseSelectors(texts: readonly string[]): SeriesSelector[] {
  return texts.map((text) => parsedAs("match[]", text, parseSelector).matchers);
}
