/** Real servers on random loopback ports, for tests; `closeServers` ends them all. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";

export type Served = {
  readonly address: string;
  readonly port: number;
  /** So far. */
  connections: number;
  requests: number;
  readonly sockets: Set<Socket>;
};

const open: { server: Server; sockets: Set<Socket> }[] = [];

async function listen(server: Server, served: Served, host: string): Promise<Served> {
  server.on("connection", (socket: Socket) => {
    served.connections++;
    served.sockets.add(socket);
    socket.on("close", () => served.sockets.delete(socket));
    socket.on("error", () => {}); // the client may go at any time
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, host, resolve);
  });
  open.push({ server, sockets: served.sockets });
  const { port } = server.address() as { port: number };
  return Object.assign(served, { port, address: `${host.includes(":") ? `[${host}]` : host}:${port}` });
}

const nothingYet = (): Served => ({ address: "", port: 0, connections: 0, requests: 0, sockets: new Set() });

export function serveHttp(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  host = "127.0.0.1",
): Promise<Served> {
  const served = nothingYet();
  const listener: RequestListener = (request, response) => {
    served.requests++;
    handler(request, response);
  };
  return listen(createServer(listener), served, host);
}

/** `onRequest` is called with each request's head, numbered over all connections from 1. */
export function serveTcp(onRequest: (socket: Socket, n: number, head: string) => void): Promise<Served> {
  const served = nothingYet();
  const server = createTcpServer((socket) => {
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end !== -1; end = text.indexOf("\r\n\r\n")) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        onRequest(socket, ++served.requests, head);
      }
    });
  });
  return listen(server, served, "127.0.0.1");
}

/** A server of one's own making. */
export function serve(server: Server): Promise<Served> {
  return listen(server, nothingYet(), "127.0.0.1");
}

export async function closeServers(): Promise<void> {
  for (const { server, sockets } of open.splice(0)) {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }
}
