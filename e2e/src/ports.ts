import { createServer, type Server } from "node:net";

/**
 * Ports are handed out below those from which the kernel serves `listen(0)` and outgoing connections (32768 on Linux):
 * between the moment a port is found free here and the moment the system under test listens on it, nobody else is given
 * it. Processes that test side by side start at different places, and none hands the same port out twice in a round.
 */
const FIRST = 10_000;
const LAST = 32_000;
const SLICE = 50;

let next = FIRST + ((process.pid * SLICE) % (LAST - FIRST));

/** Ports of loopback that are free, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePortBlock(1));
  return ports;
}

/** The first of `count` ports in a row that are free. */
export async function freePortBlock(count: number): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const first = next + count > LAST ? FIRST : next;
    next = first + count;
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
