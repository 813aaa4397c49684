/** The pages of benchmarks over HTTP, in a process of its own: /<n>/metrics is node n. Usage: node exporter.ts PORT */
import { createServer } from "node:http";
import { page } from "./pages.ts";

const server = createServer((request, response) => {
  const name = /^\/([0-9]+)\/metrics/.exec(request.url ?? "")?.[1];
  if (name === undefined) {
    response.writeHead(404).end();
    return;
  }
  const body = Buffer.from(page(name, Date.now()));
  response.writeHead(200, { "content-type": "text/plain; version=0.0.4", "content-length": body.length }).end(body);
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), "127.0.0.1", () => process.stdout.write("ready\n"));
process.stdin.on("end", () => process.exit(0)).resume();
