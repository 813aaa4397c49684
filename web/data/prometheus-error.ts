import type { PrometheusError, PrometheusErrorType } from "@lockstep/schemas/api/prometheus";
import type { z } from "zod";

const STATUS: Readonly<Record<PrometheusErrorType, number>> = {
  bad_data: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  execution: 422,
  internal: 500,
  canceled: 503,
  timeout: 503,
  unavailable: 503,
};

/** What the API answers instead of data; `message` is read by whoever asked. */
export class ApiError extends Error {
  readonly code: PrometheusErrorType;
  readonly retriable: boolean;
  constructor(code: PrometheusErrorType, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "ApiError";
    this.code = code;
    this.retriable = code === "timeout" || code === "unavailable";
  }
  get status(): number {
    return STATUS[this.code];
  }
  body(): PrometheusError {
    return { status: "error", errorType: this.code, error: this.message };
  }
}

export function badParameter(name: string, message: string): ApiError {
  return new ApiError("bad_data", `invalid parameter ${JSON.stringify(name)}: ${message}`);
}

/** The first thing wrong with the parameters. */
export function badParameters(error: z.ZodError): ApiError {
  const issue = error.issues[0];
  return badParameter(String(issue?.path[0] ?? ""), issue?.message ?? error.message);
}

const STORE_CODES: Readonly<Record<string, [PrometheusErrorType, string]>> = {
  unreachable: ["unavailable", "ClickHouse does not answer"],
  timeout: ["timeout", "the query took longer than it may"],
  too_big: ["execution", "the query reads more than it may: select fewer series or a shorter time"],
};

/** ClickHouse's CANNOT_COMPILE_REGEXP: its RE2 takes smaller patterns than the one that has checked them before. */
const BAD_PATTERN = 427;

/** Whatever a handler threw, as an answer. Told by name, not by class: Next bundles every route with classes of its own. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const thrown: { name: string; message: string; code?: unknown; clickhouseCode?: unknown } =
    error instanceof Error ? error : new Error(String(error));
  if (thrown.name === "AbortError" || thrown.name === "ResponseAborted")
    return new ApiError("canceled", "whoever asked has gone", { cause: error });
  if (thrown.name !== "StoreError") return new ApiError("internal", thrown.message, { cause: error });
  const [type, reason] = storeMeaning(thrown);
  return new ApiError(type, `${reason} (${thrown.message})`, { cause: error });
}

function storeMeaning(error: { code?: unknown; clickhouseCode?: unknown }): [PrometheusErrorType, string] {
  if (error.clickhouseCode === BAD_PATTERN) return ["bad_data", "ClickHouse cannot use this regular expression"];
  return STORE_CODES[String(error.code)] ?? ["internal", "ClickHouse did not answer the query"];
}
