/** The parameters of a request, told apart: what the HTTP layer acts on, query parameters, and settings. */
import { quoteString } from "./quote.ts";

/** Parameters of ClickHouse's HTTP interface that are no settings, or settings of that interface only. */
const HTTP_ONLY = new Set([
  "query",
  "query_id",
  "user",
  "password",
  "database",
  "default_format",
  "session_id",
  "session_timeout",
  "session_check",
  "close_session",
  "quota_key",
  "role",
  "stacktrace",
  "compress",
  "decompress",
  "buffer_size",
  "client_protocol_version",
  "enable_http_compression",
  "http_zlib_compression_level",
  "wait_end_of_query",
  "http_wait_end_of_query",
  "http_response_buffer_size",
  "send_progress_in_http_headers",
  "http_headers_progress_interval_ms",
  "cancel_http_readonly_queries_on_client_close",
  "add_http_cors_header",
  // An insert is in its table before it is acknowledged, which is what the waiting form of these promises.
  "async_insert",
  "wait_for_async_insert",
  // Ours alone: it marks a request's query to be found and killed.
  "query_cache_tag",
]);

const PARAMETER = "param_";
const SETTING_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export type SettingLimits = {
  /** Where the request asks for none. */
  readonly defaultSeconds: number;
  readonly maxSeconds: number;
  /** Bytes of one query. */
  readonly defaultMemory: number;
  readonly maxMemory: number;
};

export type RequestSettings = {
  /** Settings and query parameters in the order they are to be set. */
  readonly assignments: readonly (readonly [name: string, value: string])[];
  /** Seconds this query may take. */
  readonly seconds: number;
  /** The name of a setting that cannot be one. */
  readonly badName: string | undefined;
};

/** `parameters` of the URL, of a form or of both; later ones win. */
export function requestSettings(
  parameters: Iterable<readonly [string, string]>,
  limits: SettingLimits,
): RequestSettings {
  const settings = new Map<string, string>();
  const bound: [string, string][] = [];
  let badName: string | undefined;
  for (const [name, value] of parameters) {
    if (name.startsWith(PARAMETER)) bound.push([name, value]);
    else if (!HTTP_ONLY.has(name)) settings.set(name, value);
    if (!HTTP_ONLY.has(name) && !SETTING_NAME.test(name)) badName ??= name;
  }
  const seconds = limited(settings.get("max_execution_time"), limits.defaultSeconds, limits.maxSeconds);
  const memory = limited(settings.get("max_memory_usage"), limits.defaultMemory, limits.maxMemory);
  settings.set("max_execution_time", String(seconds));
  settings.set("max_memory_usage", String(memory));
  const readonly = settings.get("readonly");
  // Last, for it forbids to change any setting after it.
  if (settings.delete("readonly") && readonly !== undefined) bound.push(["readonly", readonly]);
  return { assignments: [...settings, ...bound], seconds, badName };
}

/** 0 and what is no number mean no limit in ClickHouse: here the greatest one. */
function limited(asked: string | undefined, absent: number, max: number): number {
  if (asked === undefined) return absent;
  const number = Number(asked);
  return number > 0 ? Math.min(number, max) : max;
}

/** ClickHouse's own limit of a statement, which holds for SET too; a parameter may be longer. */
const MAX_QUERY_SIZE = 262_144;

/** SET statements, in order. */
export function setStatements(assignments: readonly (readonly [string, string])[]): string[] {
  const set = setStatement(assignments);
  // At most four bytes a character.
  const bytes = set.length * 4;
  if (bytes <= MAX_QUERY_SIZE) return [set];
  const asked = assignments.find(([name]) => name === "max_query_size")?.[1] ?? String(MAX_QUERY_SIZE);
  const others = assignments.filter(([name]) => name !== "max_query_size");
  return [`SET max_query_size = ${bytes}`, setStatement([["max_query_size", asked], ...others])];
}

function setStatement(assignments: readonly (readonly [string, string])[]): string {
  return `SET ${assignments.map(([name, value]) => `${name} = ${quoteString(value)}`).join(", ")}`;
}

/** Undoes `assignments` where the connection outlives the request; query parameters are set anew by who uses them. */
export function resetStatement(assignments: readonly (readonly [string, string])[]): string | undefined {
  const settings = assignments.filter(([name]) => !name.startsWith(PARAMETER));
  return settings.length === 0 ? undefined : `SET ${settings.map(([name]) => `${name} = DEFAULT`).join(", ")}`;
}
