/** The listener a process serves its own metrics on: GET /metrics, and nothing else. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { carriesToken } from "./bearer-token.ts";
import { ConfigError } from "./config-error.ts";

export type MetricsServerOptions = {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  /** Holds the bearer token of a listener beyond loopback; read at each request, so that a new one holds at once. */
  readonly tokenFile: string | undefined;
  /** The page in Prometheus' text format; what it throws is answered with 500. */
  readonly page: () => Promise<string>;
};

export type MetricsServer = { readonly port: number; stop(): Promise<void> };

type Answer = { readonly status: number; readonly text: string };

const PLAIN = "text/plain; charset=utf-8";
const PAGE = "text/plain; version=0.0.4; charset=utf-8";

/** Rejects with a ConfigError where a token is needed and none is named, else with why it cannot listen. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host, port, tokenFile } = options;
  const needsToken = !isLoopback(host);
  if (needsToken && tokenFile === undefined) {
    throw new ConfigError(
      `LOCKSTEP_METRICS_PORT=${port}: ${host} is not loopback, so LOCKSTEP_TOKEN_FILE must name a file with a token; or set LOCKSTEP_METRICS_PORT=0`,
    );
  }
  const server = createServer(async (request, response) => {
    request.resume();
    const { status, text } = await answerTo(request, options.page, needsToken ? tokenFile : undefined);
    const body = request.method === "HEAD" ? undefined : text;
    response.writeHead(status, { "content-type": status === 200 ? PAGE : PLAIN, "cache-control": "no-store" });
    response.end(body);
  });
  server.requestTimeout = 30_000;
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answerTo(
  request: IncomingMessage,
  page: () => Promise<string>,
  tokenFile: string | undefined,
): Promise<Answer> {
  const path = request.url?.split("?")[0];
  try {
    if (tokenFile !== undefined) {
      const token = (await readFile(tokenFile, "utf8")).trim();
      if (!carriesToken(request.headers.authorization, token)) {
        return refusal(401, "expected an Authorization header: Bearer and the token of LOCKSTEP_TOKEN_FILE");
      }
    }
    if (path !== "/metrics") return refusal(404, `nothing is at ${path}; the metrics are at /metrics`);
    if (request.method !== "GET" && request.method !== "HEAD") return refusal(405, "expected GET");
    return { status: 200, text: await page() };
  } catch (error) {
    return refusal(500, error instanceof Error ? error.message : String(error));
  }
}

function refusal(status: number, message: string): Answer {
  return { status, text: `${message}\n` };
}

/** Whether a host name or address can only mean this machine. */
function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}

function cannotListen(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const why = cause.code === "EADDRINUSE" ? "the port is taken by another process" : cause.message;
  return new Error(
    `cannot serve metrics on ${host}:${port}: ${why}; set LOCKSTEP_METRICS_PORT to a free port, or to 0 for no metrics`,
    { cause },
  );
}
