import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { closeServers, serveHttp, serveTcp } from "../../test/servers.ts";
import { targetOf } from "../../test/target-of.ts";
import { PageFetch } from "./page-fetch.ts";
import { ScrapeError } from "./scrape-error.ts";

const MIB = 2 ** 20;
let fetches: PageFetch[] = [];

beforeEach(() => {
  fetches = [];
});
afterEach(async () => {
  for (const fetch of fetches) fetch.close();
  await closeServers();
});

type Options = { scrape?: Record<string, unknown>; maxBodyBytes?: number };

function fetchOf(address: string, { scrape = {}, maxBodyBytes = 64 * MIB }: Options = {}): PageFetch {
  const target = targetOf(address, scrape);
  const fetch = new PageFetch({ url: target.url, scrape: target.scrape, timeoutMs: 1000, maxBodyBytes });
  fetches.push(fetch);
  return fetch;
}

async function page(fetch: PageFetch): Promise<string> {
  const chunks: Buffer[] = [];
  const bytes = await fetch.fetch((chunk) => chunks.push(Buffer.from(chunk)));
  const body = Buffer.concat(chunks);
  expect(bytes).toBe(body.length);
  return body.toString("latin1");
}

/** A response whose length is that of `body`. */
const whole = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe("one kept connection", () => {
  test("carries many pages, plain and chunked", async () => {
    const served = await serveHttp((request, response) => {
      if (served.requests % 2 === 0) response.write(`first ${served.requests}\n`);
      response.end(`${request.method} ${request.url} ${served.requests}\n`);
    });
    const fetch = fetchOf(served.address, { scrape: { params: { "collect[]": ["a", "b c"] } } });
    for (let i = 1; i <= 20; i++) {
      const last = `GET /metrics?collect%5B%5D=a&collect%5B%5D=b+c ${i}\n`;
      expect(await page(fetch)).toBe(i % 2 === 0 ? `first ${i}\n${last}` : last);
    }
    expect(served.connections).toBe(1);
  });

  test.each([
    ["closes it while idle", (end: () => void, _reset: () => void) => setTimeout(end, 5), () => {}],
    ["closes it as the next request comes", () => {}, (end: () => void) => end()],
    ["resets it as the next request comes", () => {}, (_end: () => void, reset: () => void) => reset()],
  ])("a target that %s is asked once more, and nobody hears of it", async (_, idle, again) => {
    const served = await serveTcp((socket, n) => {
      const end = () => void socket.end();
      const reset = () => void socket.resetAndDestroy();
      if (n === 2 && served.connections === 1) return again(end, reset);
      socket.write(whole(`a ${served.connections}\n`));
      if (n === 1) idle(end, reset);
      return undefined;
    });
    const fetch = fetchOf(served.address);
    expect(await page(fetch)).toBe("a 1\n");
    await sleep(30);
    expect(await page(fetch)).toBe("a 2\n");
    expect(served.connections).toBe(2);
  });

  test("closed at each request, it is asked once more and no oftener", async () => {
    const served = await serveTcp((socket, n) => {
      if (n === 1) socket.write(whole("a 1\n"));
      else socket.destroy();
    });
    const fetch = fetchOf(served.address);
    await page(fetch);
    await expect(page(fetch)).rejects.toThrow("connection closed before the page was whole");
    expect(served.requests).toBe(3);
    await expect(page(fetch)).rejects.toThrow("connection closed");
    expect(served.requests).toBe(4);
  });

  test.each(["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na 1", "HTTP/1.1 200 OK\r\nContent-Le", "nonsense\r\n\r\n"])(
    "a broken answer %j is not asked for again",
    async (broken) => {
      const served = await serveTcp((socket, n) => {
        if (n === 1) socket.write(whole("a 1\n"));
        else socket.end(broken);
      });
      const fetch = fetchOf(served.address);
      await page(fetch);
      await expect(page(fetch)).rejects.toMatchObject({ code: "protocol" });
      expect(served.requests).toBe(2);
    },
  );

  test("a page shorter than its length is no page, and the one after it is asked for anew", async () => {
    const served = await serveTcp((socket, n) => {
      if (n === 1) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na 1\n");
      else socket.write(whole("b 2\n"));
    });
    const fetch = fetchOf(served.address);
    await expect(page(fetch)).rejects.toThrow("connection closed before the page was whole");
    expect(await page(fetch)).toBe("b 2\n");
  });

  test("what comes after a page's length ends the connection, and is no part of the next page", async () => {
    const served = await serveTcp(
      (socket, n) => void socket.write(whole(`a ${n}\n`) + (n === 1 ? whole("evil 1\n") : "")),
    );
    const fetch = fetchOf(served.address);
    expect(await page(fetch)).toBe("a 1\n");
    expect(await page(fetch)).toBe("a 2\n");
    expect(served.connections).toBe(2);
  });

  test.each([
    ["until the connection closes", "HTTP/1.1 200 OK\r\n\r\na 1\n"],
    ["by HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\na 1\n"],
  ])("a body %s is whole, each on a connection of its own", async (_, answer) => {
    const served = await serveTcp((socket) => void socket.end(answer));
    const fetch = fetchOf(served.address);
    for (let i = 0; i < 3; i++) expect(await page(fetch)).toBe("a 1\n");
    expect(served.connections).toBe(3);
  });
});

describe("gzip", () => {
  const text = 'some_metric{a="b"} 1\n';
  const large = Array.from({ length: 200_000 }, (_, i) => `m${i} ${i}\n`).join("");

  test.each([
    ["small", text.repeat(100), gzipSync(text.repeat(100))],
    ["of more than 2 MiB", large, gzipSync(large)],
    ["in two members", `${text}b 2\n`, Buffer.concat([gzipSync(text), gzipSync("b 2\n")])],
  ])("a page %s", async (_, expected, packed) => {
    const served = await serveHttp((request, response) => {
      expect(request.headers["accept-encoding"]).toBe("gzip");
      response.writeHead(200, { "content-encoding": "GZIP" }).end(packed);
    });
    const fetch = fetchOf(served.address);
    for (let i = 0; i < 2; i++) expect((await page(fetch)) === expected).toBe(true);
    expect(served.connections).toBe(1);
  });

  test("is not asked for where compression is off", async () => {
    const served = await serveHttp(
      (request, response) => void response.end(String(request.headers["accept-encoding"])),
    );
    expect(await page(fetchOf(served.address, { scrape: { enable_compression: false } }))).toBe("undefined");
  });

  test.each([
    ["a small bomb", gzipSync(Buffer.alloc(MIB)), 100_000],
    ["a large bomb", gzipSync(Buffer.alloc(300 * MIB)), 8 * MIB],
    ["more packed bytes than the bound", Buffer.alloc(200_000), 100_000],
  ])("%s is bounded", async (_, packed, maxBodyBytes) => {
    const served = await serveHttp((_request, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
    });
    let taken = 0;
    const fetching = fetchOf(served.address, { maxBodyBytes }).fetch((chunk) => {
      taken += chunk.length;
    });
    await expect(fetching).rejects.toMatchObject({ code: "too_big" });
    expect(taken).toBeLessThanOrEqual(maxBodyBytes);
  });

  const cut = (packed: Buffer) => packed.subarray(0, packed.length - 20);
  test.each([
    ["no gzip at all", Buffer.from(text)],
    ["an empty body", Buffer.alloc(0)],
    ["a small page cut short", cut(gzipSync(text.repeat(100)))],
    ["a large page cut short", cut(gzipSync(large))],
    [
      "a page with a flipped bit",
      Buffer.from(gzipSync(text.repeat(100)).map((byte, i) => (i === 30 ? byte ^ 4 : byte))),
    ],
  ])("%s is a protocol error, and the connection is good for the next page", async (_, packed) => {
    const served = await serveHttp((_request, response) => {
      if (served.requests === 2) response.end("a 1\n");
      else response.writeHead(200, { "content-encoding": "gzip" }).end(packed);
    });
    const fetch = fetchOf(served.address);
    await expect(page(fetch)).rejects.toMatchObject({ name: "ScrapeError", code: "protocol" });
    await expect(page(fetch)).resolves.toBe("a 1\n");
  });
});

describe("bounds", () => {
  test.each([
    ["with a length", (body: string) => whole(body)],
    [
      "chunked",
      (body: string) =>
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
  ])("a page of the largest size passes, one byte more does not (%s)", async (_, answer) => {
    const served = await serveTcp((socket, n) => void socket.write(answer("x".repeat(999 + n))));
    const fetch = fetchOf(served.address, { maxBodyBytes: 1000 });
    expect(await page(fetch)).toHaveLength(1000);
    await expect(page(fetch)).rejects.toThrow("body size limit exceeded: the page has more than 1000 bytes");
  });

  /** Writes for as long as the peer reads. */
  function pour(socket: { write(bytes: Buffer): boolean; destroyed: boolean; on(e: "drain", f: () => void): unknown }) {
    const bytes = Buffer.alloc(64 * 1024, "a 1\n");
    const more = () => {
      while (!socket.destroyed && socket.write(bytes));
    };
    socket.on("drain", more);
    more();
  }

  test("an endless page ends at its bound, and the connection with it", async () => {
    const served = await serveTcp((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      pour(socket);
    });
    await expect(page(fetchOf(served.address, { maxBodyBytes: MIB }))).rejects.toMatchObject({ code: "too_big" });
    await expect.poll(() => served.sockets.size).toBe(0);
  });

  test.each([
    ["an endless page", "HTTP/1.1 200 OK\r\n\r\n"],
    ["an endless error page", "HTTP/1.1 500 Oops\r\n\r\n"],
    ["endless trailers", `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n`],
  ])("%s ends at the deadline, in bounded memory", async (_, head) => {
    const served = await serveTcp((socket) => {
      socket.write(head);
      pour(socket);
    });
    const fetch = fetchOf(served.address, { maxBodyBytes: Number.MAX_SAFE_INTEGER });
    const before = process.memoryUsage().arrayBuffers;
    const timer = setTimeout(() => fetch.abort(new ScrapeError("timeout", "too late")), 400);
    let bytes = 0;
    const fetching = fetch.fetch((chunk) => {
      bytes += chunk.length;
    });
    await expect(fetching).rejects.toThrow("too late");
    clearTimeout(timer);
    if (head.includes("200 OK\r\n\r\n")) expect(bytes).toBeGreaterThan(10 * MIB);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MIB);
    await expect.poll(() => served.sockets.size).toBe(0);
  });

  test.each([
    ["a head that drips", 0],
    ["a body that drips", 60],
  ])("%s is cut at the deadline; the next page comes", async (_, at) => {
    const answer = `HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n${"x".repeat(40)}`;
    const served = await serveTcp(async (socket, n) => {
      if (n === 2) return void socket.write(whole("a 1\n"));
      socket.write(answer.slice(0, at));
      for (let i = at; i < answer.length && !socket.destroyed; i++) {
        socket.write(answer[i]!);
        await sleep(20);
      }
      return undefined;
    });
    const fetch = fetchOf(served.address);
    const started = Date.now();
    setTimeout(() => fetch.abort(new ScrapeError("timeout", "too late")), 100);
    await expect(page(fetch)).rejects.toThrow("too late");
    expect(Date.now() - started).toBeLessThan(400);
    expect(await page(fetch)).toBe("a 1\n");
  });

  test("abort between pages hurts none", async () => {
    const served = await serveHttp((_request, response) => void response.end("a 1\n"));
    const fetch = fetchOf(served.address);
    fetch.abort(new Error("nothing under way"));
    await page(fetch);
    fetch.abort(new Error("nothing under way"));
    expect(await page(fetch)).toBe("a 1\n");
  });
});

describe("what the target says", () => {
  test.each([
    [404, "Not Found"],
    [500, "Internal Server Error"],
    [503, "Service Unavailable"],
    [204, "No Content"],
    [301, "Moved Permanently"],
  ])("HTTP %i", async (status, reason) => {
    const served = await serveHttp((_request, response) => void response.writeHead(status).end());
    await expect(page(fetchOf(served.address))).rejects.toThrow(
      new ScrapeError("status", `server returned HTTP status ${status} ${reason}`),
    );
  });

  test("nobody there", async () => {
    const served = await serveHttp(() => {});
    await closeServers();
    await expect(page(fetchOf(served.address))).rejects.toMatchObject({
      code: "connect",
      message: expect.stringContaining("ECONNREFUSED"),
    });
  });

  test("a name that is none", async () => {
    await expect(page(fetchOf("no-such-host.invalid:80"))).rejects.toMatchObject({ code: "connect" });
  });

  test("an error of who reads the page comes as it is, and the connection is not used again", async () => {
    const served = await serveHttp((_request, response) => void response.end("a 1\n"));
    const fetch = fetchOf(served.address);
    const own = new RangeError("my own");
    await expect(
      fetch.fetch(() => {
        throw own;
      }),
    ).rejects.toBe(own);
    expect(await page(fetch)).toBe("a 1\n");
    expect(served.connections).toBe(2);
  });

  test("IPv6", async (context) => {
    const served = await serveHttp((request, response) => void response.end(request.headers.host), "::1").catch(() => {
      context.skip("this machine has no IPv6 loopback");
    });
    expect(await page(fetchOf(served!.address))).toBe(served!.address);
  });
});
