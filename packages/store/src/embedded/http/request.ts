/** A request of ClickHouse's HTTP interface, taken apart: its parameters, its statement and the data behind it. */
import type { IncomingMessage } from "node:http";
import type { SessionRequest } from "../engine/sessions.ts";
import { ClickHouseException } from "../sql/exception.ts";
import { parseStatement, type Statement } from "../sql/statement.ts";
import { decodedBody, readAll, readStart } from "./body.ts";
import { multipartBoundary, parseMultipart } from "./multipart.ts";

/** A statement in a body is looked for in this much of it first. */
const HEAD_BYTES = 64 * 1024;
/** Longest statement, and form of parameters. */
const MAX_STATEMENT_BYTES = 32 * 1024 * 1024;
const MAX_SESSION_SECONDS = 3600;

export type ClickHouseRequest = {
  readonly parameters: URLSearchParams;
  readonly statement: Statement;
  /** Data of an INSERT: what of it has been read, and what has not. */
  readonly data: { readonly first: Buffer; readonly rest: AsyncIterator<Buffer> };
};

/** Throws ClickHouseException for what cannot be understood. `url` is the request's own. */
export async function readRequest(request: IncomingMessage, url: URL): Promise<ClickHouseRequest> {
  const boundary = multipartBoundary(request.headers["content-type"]);
  if (boundary !== undefined) return formRequest(request, url.searchParams, boundary);
  refuseNativeCompression(url.searchParams);
  const inUrl = url.searchParams.get("query") ?? "";
  // A statement in the URL ends there; a line break parts it from the body.
  const prefix = inUrl === "" ? "" : `${Buffer.from(inUrl, "utf8").toString("latin1")}\n`;
  const { head, rest, more } = await readStart(decodedBody(request), inUrl === "" ? HEAD_BYTES : 1);
  const text = prefix + head.toString("latin1");
  const statement = parseStatement(text);
  if (statement.kind === "insert" && (!more || statement.dataStart < text.length)) {
    const first = Buffer.from(text.slice(statement.dataStart), "latin1");
    return { parameters: url.searchParams, statement, data: { first, rest } };
  }
  if (!more) return { parameters: url.searchParams, statement, data: { first: Buffer.alloc(0), rest } };
  const remaining = await readAll({ [Symbol.asyncIterator]: () => rest }, MAX_STATEMENT_BYTES);
  return wholeRequest(url.searchParams, text + remaining.toString("latin1"));
}

function wholeRequest(parameters: URLSearchParams, text: string): ClickHouseRequest {
  const statement = parseStatement(text);
  const first = Buffer.from(statement.kind === "insert" ? text.slice(statement.dataStart) : "", "latin1");
  return { parameters, statement, data: { first, rest: nothing() } };
}

/** Parameters too long for a URL come as a form, the statement with them. */
async function formRequest(
  request: IncomingMessage,
  inUrl: URLSearchParams,
  boundary: string,
): Promise<ClickHouseRequest> {
  const body = await readAll(decodedBody(request), MAX_STATEMENT_BYTES);
  const parts = parseMultipart(body, boundary);
  if (parts === undefined) {
    const message = "a form must hold text parts with names; external tables are not supported";
    throw new ClickHouseException(48, "NOT_IMPLEMENTED", message);
  }
  const foreign = parts.find(([name]) => name !== "query" && !name.startsWith("param_"));
  if (foreign !== undefined) {
    throw new ClickHouseException(48, "NOT_IMPLEMENTED", `form part ${foreign[0]}: external tables are not supported`);
  }
  const parameters = new URLSearchParams(inUrl);
  for (const [name, value] of parts) parameters.set(name, value);
  return wholeRequest(parameters, Buffer.from(parameters.get("query") ?? "", "utf8").toString("latin1"));
}

function refuseNativeCompression(parameters: URLSearchParams): void {
  for (const name of ["compress", "decompress"]) {
    if (!["", "0", "false"].includes(parameters.get(name) ?? "")) {
      const message = `${name}=1 (ClickHouse's own compression): use Content-Encoding and enable_http_compression`;
      throw new ClickHouseException(48, "NOT_IMPLEMENTED", message);
    }
  }
}

export function sessionOf(parameters: URLSearchParams): SessionRequest | undefined {
  const id = parameters.get("session_id");
  if (id === null || id === "") return undefined;
  const seconds = Number(parameters.get("session_timeout") ?? 60);
  return {
    id,
    timeoutSeconds: seconds > 0 ? Math.min(seconds, MAX_SESSION_SECONDS) : MAX_SESSION_SECONDS,
    mustExist: isOn(parameters.get("session_check")),
  };
}

export function isOn(value: string | null): boolean {
  return value === "1" || value === "true";
}

async function* nothing(): AsyncGenerator<Buffer> {}
