/** The collector's own listener: health, reload, and collective lines that are posted. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { carriesToken } from "@lockstep/process/bearer-token";
import type { BearerToken } from "./bearer-token.ts";
import type { PostedLines } from "./posted-lines.ts";
import { BodyError, readBody } from "./request-body.ts";

export type ControlServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly token: BearerToken | undefined;
  /** Resolves to what was done; rejects with an error whose message says why nothing was. */
  readonly reload: () => Promise<string>;
  readonly collectives: Pick<PostedLines, "take">;
};

const MAX_BODY_BYTES = 4 * 2 ** 20;
/** Bodies held in memory at once. */
const MAX_POSTS = 32;

let posts = 0;

/** Answers in JSON: 202 with what was accepted, or the error with its line. */
async function takeCollectives(
  request: IncomingMessage,
  response: ServerResponse,
  collectives: Pick<PostedLines, "take">,
): Promise<void> {
  const answer = (status: number, content: object) => {
    // A body that was not read to its end would be taken for the next request.
    if (!request.complete) response.setHeader("connection", "close");
    if (status === 503) response.setHeader("retry-after", "5");
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(content)}\n`);
  };
  if (request.method !== "POST") return answer(405, { error: "Send lines of collective operations with POST." });
  if (posts >= MAX_POSTS) return answer(503, { error: `${MAX_POSTS} posts are under way; send it again later` });
  posts += 1;
  try {
    const key = request.headers["idempotency-key"];
    const body = await readBody(request, MAX_BODY_BYTES);
    const result = await collectives.take(body, typeof key === "string" ? key : undefined);
    if (result.status === 202) answer(202, { accepted: result.accepted, repeated: result.repeated });
    else answer(result.status, { error: result.message, line: result.line });
  } catch (error) {
    if (error instanceof BodyError) answer(error.status, { error: error.message });
    else answer(500, { error: error instanceof Error ? error.message : String(error) });
  } finally {
    posts -= 1;
  }
}

export async function startControlServer(
  options: ControlServerOptions,
): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const answer = (status: number, text: string) => {
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
    };
    const path = request.url?.split("?")[0];
    if (path !== "/v1/collectives") request.resume(); // no other route reads a body
    if (path === "/-/healthy") return answer(200, "The collector is healthy.");
    if (options.token !== undefined && !carriesToken(request.headers.authorization, options.token)) {
      return answer(401, "This listener wants an Authorization header: Bearer and the token of token_file.");
    }
    if (path === "/v1/collectives") return takeCollectives(request, response, options.collectives);
    if (path !== "/-/reload") return answer(404, `Nothing is at ${path}.`);
    if (request.method !== "POST" && request.method !== "PUT") return answer(405, "Reload with POST.");
    try {
      return answer(200, await options.reload());
    } catch (error) {
      return answer(500, error instanceof Error ? error.message : String(error));
    }
  });
  server.requestTimeout = 30_000;
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
