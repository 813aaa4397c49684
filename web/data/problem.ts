/** Why a page has no data, as far as it helps whoever looks at it. */
export type Problem = {
  readonly kind: "unreachable" | "preparing" | "failed";
  readonly message: string;
};

export type Outcome<T> = { readonly ok: true; readonly data: T } | { readonly ok: false; readonly problem: Problem };

/** ClickHouse's codes for a table or a database that is not there (yet). */
const NOT_THERE = new Set(["60", "81", "UNKNOWN_TABLE", "UNKNOWN_DATABASE"]);
const NO_ANSWER =
  /ECONNREFUSED|ECONNRESET|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|socket hang up|timeout|unreachable|unavailable/i;

/** Sorts whatever the store threw by what can be done about it. */
export function problemOf(error: unknown): Problem {
  const codes = chain(error).map((link) => String((link as { code?: unknown; clickhouseCode?: unknown }).code ?? ""));
  const message = error instanceof Error ? error.message : String(error);
  const text = chain(error)
    .map((link) => `${(link as { code?: unknown }).code ?? ""} ${(link as { message?: unknown }).message ?? ""}`)
    .join(" ");
  if (codes.some((code) => NOT_THERE.has(code)) || /UNKNOWN_TABLE|UNKNOWN_DATABASE/.test(text)) {
    return { kind: "preparing", message: firstLine(message) };
  }
  return { kind: NO_ANSWER.test(text) ? "unreachable" : "failed", message: firstLine(message) };
}

const LONGEST_CHAIN = 5;

function chain(error: unknown): object[] {
  const links: object[] = [];
  let link: unknown = error;
  while (typeof link === "object" && link !== null && links.length < LONGEST_CHAIN) {
    links.push(link);
    link = (link as { cause?: unknown }).cause;
  }
  return links;
}

function firstLine(message: string): string {
  const line = message.split("\n", 1)[0] ?? "";
  return line.length > 300 ? `${line.slice(0, 300)} ...` : line;
}
