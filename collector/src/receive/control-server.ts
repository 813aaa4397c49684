/** The collector's own listener: health and reload now, received telemetry later. */
import { createServer } from "node:http";
import { carriesToken } from "@lockstep/process/bearer-token";
import type { BearerToken } from "./bearer-token.ts";

export type ControlServerOptions = {
  readonly host: string;
  readonly port: number;
  readonly token: BearerToken | undefined;
  /** Resolves to what was done; rejects with an error whose message says why nothing was. */
  readonly reload: () => Promise<string>;
};

export async function startControlServer(
  options: ControlServerOptions,
): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const answer = (status: number, text: string) => {
      response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
    };
    request.resume(); // no route here reads a body
    const path = request.url?.split("?")[0];
    if (path === "/-/healthy") return answer(200, "The collector is healthy.");
    if (options.token !== undefined && !carriesToken(request.headers.authorization, options.token)) {
      return answer(401, "This listener wants an Authorization header: Bearer and the token of token_file.");
    }
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
