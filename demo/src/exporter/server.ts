/**
 * The exporters of all nodes behind one port: `/<node>/metrics` (GPUs), `/<node>/node_metrics` (network cards) and
 * `/serving/<pod>/metrics` (model servers); `/` lists them, `/truth` tells the planted faults.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { ConfigError } from "../config-error.ts";
import type { Cluster, Node } from "../model/cluster.ts";
import type { Columns } from "../model/readings.ts";
import type { Truth } from "../scenarios/truth.ts";
import type { CountersFile } from "./counters-csv.ts";
import { NodePage } from "./page.ts";

const gzipped = promisify(gzip);

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export type ExporterOptions = {
  readonly cluster: Cluster;
  readonly counters: CountersFile;
  /** Values at this moment. */
  readonly values: () => Columns;
  /** The network cards of a node at this moment, as a page. */
  readonly network: (node: Node) => string;
  /** Pods that are model servers, and the page of each at this moment. */
  readonly modelServers: ReadonlyMap<string, () => string>;
  /** What `/truth` tells. */
  readonly truth: () => readonly Truth[];
  readonly host: string;
  readonly port: number;
};

export type Exporter = { readonly url: string; readonly port: number; stop(): Promise<void> };

/** Resolves once it listens. Rejects with ConfigError where the port is taken. */
export async function startExporter(options: ExporterOptions): Promise<Exporter> {
  const pages = new Map(options.cluster.nodes.map((node) => [node.name, new NodePage(node, options.counters)]));
  const server = createServer((request, response) => {
    answer(options, pages, request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else send(response, 500, "text/plain; charset=utf-8", `${error.message}\n`);
    });
  });
  // Longer than any usual scrape interval, so that a collector's kept connection is never closed under its next request.
  server.keepAliveTimeout = 75_000;
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  return { url: `http://${options.host}:${port}`, port, stop: () => stop(server) };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EADDRINUSE") return reject(error);
      const message = `${host}:${port} is in use; set LOCKSTEP_DEMO_PORT to a free port`;
      reject(new ConfigError(message, { cause: error }));
    });
    server.listen(port, host, () => resolve());
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(
  options: ExporterOptions,
  pages: ReadonlyMap<string, NodePage>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return send(response, 405, "text/plain; charset=utf-8", "only GET and HEAD\n");
  }
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  if (path === "/") return send(response, 200, "text/html; charset=utf-8", listOf(options));
  if (path === "/truth") {
    const truth = JSON.stringify({ simulated: true, faults: options.truth() }, null, 2);
    return send(response, 200, "application/json", `${truth}\n`);
  }
  const text = pageAt(options, pages, path);
  if (text === undefined) return send(response, 404, "text/plain; charset=utf-8", "no such page; / lists the nodes\n");
  const body = Buffer.from(text);
  if (!/\bgzip\b/.test(String(request.headers["accept-encoding"] ?? "")))
    return send(response, 200, METRICS_TYPE, body);
  response.setHeader("Content-Encoding", "gzip");
  send(response, 200, METRICS_TYPE, await gzipped(body, { level: 1 }));
}

function pageAt(options: ExporterOptions, pages: ReadonlyMap<string, NodePage>, path: string): string | undefined {
  const [, pod] = /^\/serving\/([^/]+)\/metrics$/.exec(path) ?? [];
  if (pod !== undefined) return options.modelServers.get(pod)?.();
  const [, name, page] = /^\/([^/]+)\/((?:node_)?metrics)$/.exec(path) ?? [];
  if (name === undefined) return undefined;
  if (page === "metrics") return pages.get(name)?.render(options.values());
  const node = options.cluster.nodes.find((each) => each.name === name);
  return node && options.network(node);
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(response.req.method === "HEAD" ? undefined : body);
}

function listOf({ cluster, modelServers }: ExporterOptions): string {
  const servers = [...modelServers.keys()].map((pod) => `<li><a href="/serving/${pod}/metrics">${pod}</a></li>`);
  const items = cluster.nodes.map(
    ({ name, gpus }) =>
      `<li><a href="/${name}/metrics">${name}</a>: ${gpus.length} GPUs, <a href="/${name}/node_metrics">network</a></li>`,
  );
  return `<!doctype html><title>Simulated exporters</title><h1>Simulated cluster</h1>
<p>Exporters of nodes that do not exist, for the Lockstep demo. <a href="/truth">Faults planted</a>.</p>
<ul>
${items.join("\n")}
</ul>
<p>Model servers:</p>
<ul>
${servers.join("\n")}
</ul>
`;
}
