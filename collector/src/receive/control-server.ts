/** The collector's own listener: health, reload, and what is posted. */
import { createServer } from "node:http";
import { carriesToken } from "@lockstep/process/bearer-token";
import type { BearerToken } from "./bearer-token.ts";
import { type PostRoute, Posts } from "./post-route.ts";

export type ControlServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly token: BearerToken | undefined;
  /** Resolves to what was done; rejects with an error whose message says why nothing was. */
  readonly reload: () => Promise<string>;
  /** By path. */
  readonly posts: Readonly<Record<string, PostRoute>>;
};

export async function startControlServer(
  options: ControlServerOptions,
): Promise<{ port: number; stop(): Promise<void> }> {
  const routes = new Map(Object.entries(options.posts));
  const posts = new Posts();
  const server = createServer(async (request, response) => {
    const answer = (status: number, text: string) => {
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
    };
    const path = request.url?.split("?")[0] ?? "";
    const route = routes.get(path);
    if (route === undefined) request.resume(); // no other route reads a body
    if (path === "/-/healthy") return answer(200, "The collector is healthy.");
    if (options.token !== undefined && !carriesToken(request.headers.authorization, options.token)) {
      return answer(401, "This listener wants an Authorization header: Bearer and the token of token_file.");
    }
    if (route !== undefined) return posts.answer(route, request, response);
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
