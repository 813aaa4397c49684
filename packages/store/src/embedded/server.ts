/** The embedded ClickHouse server: chdb behind ClickHouse's HTTP interface on a loopback port. */
import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { Engine } from "./engine/engine.ts";
import { Answer } from "./http/answer.ts";
import { type Credentials, credentialsOf, sameCredentials } from "./http/credentials.ts";
import { execute, type RequestFacts, type Surroundings } from "./http/execute.ts";
import { isOn, readRequest } from "./http/request.ts";
import { ClickHouseException } from "./sql/exception.ts";

const MB = 1024 * 1024;
const MAX_URL_BYTES = MB;
const KEEP_ALIVE_MS = 30_000;
/** An answer that its client does not take is cut at the end. */
const CLOSE_LIMIT_MS = 1_000;

export type EmbeddedServerOptions = Credentials & {
  /** Folder of the data; made where it is missing. */
  readonly path: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Bytes of memory for all queries and merges together. */
  readonly serverMemory?: number;
  readonly slots?: number;
};

export type EmbeddedServer = {
  readonly url: string;
  /** Stops accepting, kills what runs, drains, and closes the data. */
  close(): Promise<void>;
};

/**
 * Rejects with the system's error where the address is in use, with another's message where the folder cannot be
 * opened. Needs a process of its own with UV_THREADPOOL_SIZE of at least `slots` + 4, and never a worker thread.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const serverMemory = options.serverMemory ?? 700 * MB;
  const incoming = join(options.path, "incoming");
  const server = createServer({ maxHeaderSize: MAX_URL_BYTES, keepAliveTimeout: KEEP_ALIVE_MS });
  server.on("request", starting);
  // Before the folder is touched: whoever cannot listen has no business in it.
  await listen(server, options);
  let engine: Engine;
  try {
    await mkdir(options.path, { recursive: true });
    engine = await Engine.open({
      path: join(options.path, "db"),
      configFile: join(options.path, "engine.xml"),
      serverMemory,
      slots: options.slots ?? 4,
      maxWaiting: 512,
    });
    // Only the owner of the data may sweep: these are left from a crash.
    await rm(incoming, { recursive: true, force: true });
    await mkdir(incoming, { recursive: true, mode: 0o700 });
  } catch (error) {
    server.close();
    throw error;
  }
  const limits = {
    defaultSeconds: 120,
    maxSeconds: 3600,
    defaultMemory: Math.floor(serverMemory * 0.6),
    maxMemory: serverMemory,
    maxWholeResult: 128 * MB,
    maxInsert: 1024 * MB,
  };
  server.off("request", starting).on("request", handler({ engine, limits, incoming }, options));
  return { url: addressOf(server), close: () => close(server, engine) };
}

function listen(server: Server, { host, port }: EmbeddedServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no TCP address");
  return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
}

async function close(server: Server, engine: Engine): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  await engine.close();
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS);
  await closed;
  clearTimeout(cut);
}

function handler(surroundings: Surroundings, expected: Credentials) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const url = URL.parse(request.url ?? "", "http://server");
    if (url === null) {
      plain(request, response, 400, "Bad request: the URL cannot be read\n");
      return;
    }
    const isPing = url.pathname === "/ping" || url.pathname === "/replicas_status";
    const isHome = request.method === "GET" && url.pathname === "/" && !url.searchParams.has("query");
    if (isPing || isHome) {
      plain(request, response, 200, "Ok.\n");
    } else if (url.pathname !== "/") {
      plain(request, response, 404, `There is no handle ${url.pathname}; use / for queries and /ping for health\n`);
    } else if (request.method !== "GET" && request.method !== "POST") {
      plain(request, response, 405, `Method ${request.method} is not allowed: use GET or POST\n`);
    } else {
      void answerQuery(surroundings, expected, request, response, url);
    }
  };
}

function starting(request: IncomingMessage, response: ServerResponse): void {
  plain(request, response, 503, "The server is starting\n");
}

function plain(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  request.resume();
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
}

async function answerQuery(
  surroundings: Surroundings,
  expected: Credentials,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const { engine } = surroundings;
  const answer = new Answer(request, response, {
    queryId: url.searchParams.get("query_id") || randomUUID(),
    version: engine.version,
    timezone: engine.timezone,
    compress: isOn(url.searchParams.get("enable_http_compression")),
  });
  try {
    checkCredentials(request, url, expected);
    await execute(surroundings, await readRequest(request, url), factsOf(request, gone.signal), answer);
  } catch (error) {
    // What is left of the body is of no use, and the connection may serve again.
    request.resume();
    if (gone.signal.aborted || (request.destroyed && !request.complete)) return;
    answer.fail(error instanceof ClickHouseException ? error : internal(error));
  }
}

function checkCredentials(request: IncomingMessage, url: URL, expected: Credentials): void {
  const found = credentialsOf(request.headers, url.searchParams);
  if (sameCredentials(found, expected)) return;
  const reason = "Authentication failed: password is incorrect, or there is no user with such name";
  throw new ClickHouseException(516, "AUTHENTICATION_FAILED", `${found.user}: ${reason}`);
}

function factsOf(request: IncomingMessage, signal: AbortSignal): RequestFacts {
  const format = request.headers["x-clickhouse-format"];
  const database = request.headers["x-clickhouse-database"];
  return {
    isGet: request.method === "GET",
    defaultFormat: format === undefined ? undefined : String(format),
    database: database === undefined ? undefined : String(database),
    signal,
  };
}

/** Anything that is no exception of ClickHouse is a fault of this server: told, and written down. */
function internal(error: unknown): ClickHouseException {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`store: ${error instanceof Error ? error.stack : message}\n`);
  return new ClickHouseException(1002, "UNKNOWN_EXCEPTION", message, { cause: error });
}
