import { createServer, type Server } from "node:net";

/** Ports of loopback that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
    return address.port;
  });
  await closeAll(servers);
  return ports;
}

/** The first of `count` ports in a row that were free a moment ago. */
export async function freePortBlock(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const [first = 0] = await freePorts(1);
    if (first + count > 65_536) continue;
    const tried = await Promise.allSettled(Array.from({ length: count }, (_, i) => listen(first + i)));
    await closeAll(tried.flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])));
    if (tried.every(({ status }) => status === "fulfilled")) return first;
  }
  throw new Error(`no ${count} free ports in a row`);
}

function listen(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

function closeAll(servers: readonly Server[]): Promise<unknown> {
  return Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}
