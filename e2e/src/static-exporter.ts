/** Serves fixed bytes, each under a path of its own, as exporters that never change. */
import { createServer } from "node:http";

export type StaticExporter = { readonly address: string; close(): Promise<void> };

export async function serveStatic(pages: ReadonlyMap<string, Buffer | string>): Promise<StaticExporter> {
  const server = createServer((request, response) => {
    const page = pages.get(decodeURIComponent(request.url ?? ""));
    if (page === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  return {
    address: `127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
