/** Targets that no scraper deserves. Each path answers in another bad way. */
import { createServer, type ServerResponse } from "node:http";
import { createServer as createRawServer } from "node:net";
import { gzipSync } from "node:zlib";

const line = 'hostile_value{line="0123456789"} 1\n';
const chunk = Buffer.from(line.repeat(2_000));

/** Writes until the other side has had enough or `bytes` are written. */
function pour(response: ServerResponse, bytes: number): void {
  let written = 0;
  const more = () => {
    while (written < bytes && !response.destroyed) {
      written += chunk.length;
      if (!response.write(chunk)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write("h"), 100);
  response.on("close", () => clearInterval(timer));
}

/** 64 MiB of line ends in 64 KiB. */
const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 10), { level: 9 });

export const hostilePaths: Readonly<Record<string, (response: ServerResponse) => void>> = {
  "/huge": (response) => pour(response, 200 * 1024 * 1024),
  "/endless": (response) => pour(response, Number.POSITIVE_INFINITY),
  "/endless-line": (response) => {
    const flood = Buffer.alloc(64 * 1024, "x");
    const more = () => {
      while (!response.destroyed) if (!response.write(flood)) return void response.once("drain", more);
    };
    more();
  },
  "/drip": drip,
  "/silent": () => undefined,
  "/garbage": (response) =>
    response.end(Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 256))),
  "/bomb": (response) => {
    response.setHeader("content-encoding", "gzip");
    // Gzip members may follow each other: 4 GiB in 4 MiB.
    for (let member = 0; member < 64; member++) response.write(bomb);
    response.end();
  },
  "/cut-gzip": (response) => {
    response.setHeader("content-encoding", "gzip");
    response.end(gzipSync(line.repeat(1000)).subarray(0, 60));
  },
  "/redirects": (response) => response.writeHead(302, { location: "/redirects" }).end(),
  "/teapot": (response) => response.writeHead(418).end("short and stout"),
};

export type HostileExporter = { readonly address: string; close(): Promise<void> };

export async function serveHostile(): Promise<HostileExporter> {
  const server = createServer((request, response) => {
    response.on("error", () => response.destroy());
    (hostilePaths[request.url ?? ""] ?? ((other) => other.writeHead(404).end()))(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: addressOf(server.address()), close: () => closeAll(server) };
}

/** Answers that are not even HTTP as it should be, byte for byte. */
export const rawAnswers: Readonly<Record<string, string>> = {
  short: "HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\nraw_value 1\n",
  long: "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nraw_value 1\nraw_value 2\n",
  "not-http": "hello, who is there?\r\n\r\n",
  "bad-chunk": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nraw_value 1\n",
  "two-lengths": "HTTP/1.1 200 OK\r\ncontent-length: 12\r\ncontent-length: 20\r\n\r\nraw_value 1\n",
  "endless-header": `HTTP/1.1 200 OK\r\nx: ${"y".repeat(1_000_000)}`,
  nothing: "",
};

export async function serveRaw(answer: string): Promise<HostileExporter> {
  const server = createRawServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: addressOf(server.address()),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function closeAll(server: ReturnType<typeof createServer>): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function addressOf(address: ReturnType<ReturnType<typeof createServer>["address"]>): string {
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  return `127.0.0.1:${address.port}`;
}
