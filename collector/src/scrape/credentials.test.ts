import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Certificate, makeCertificate } from "../../test/certificate.ts";
import { closeServers, serve, serveHttp } from "../../test/servers.ts";
import { targetOf } from "../../test/target-of.ts";
import { PageFetch } from "./page-fetch.ts";

let folder = "";
let fetches: PageFetch[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-credentials-"));
  fetches = [];
});
afterEach(async () => {
  for (const fetch of fetches) fetch.close();
  await closeServers();
  rmSync(folder, { recursive: true });
});

function fetchOf(address: string, scrape: Record<string, unknown> = {}): PageFetch {
  const target = targetOf(address, scrape);
  const fetch = new PageFetch({ url: target.url, scrape: target.scrape, timeoutMs: 1500, maxBodyBytes: 1e6 });
  fetches.push(fetch);
  return fetch;
}

async function page(fetch: PageFetch): Promise<string> {
  let text = "";
  await fetch.fetch((chunk) => {
    text += chunk.toString();
  });
  return text;
}

function put(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** Answers with the named request headers, one a line, each as often as it was sent. */
function echo(...names: string[]) {
  return (request: IncomingMessage, response: { end(text: string): void }) => {
    const lines: string[] = [];
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      const name = request.rawHeaders[i]!;
      if (names.includes(name.toLowerCase())) lines.push(`${name}: ${request.rawHeaders[i + 1]}`);
    }
    response.end(lines.join("\n"));
  };
}

describe("the head of a request", () => {
  const basic = (text: string) => `Authorization: Basic ${Buffer.from(text).toString("base64")}`;
  const cases: { name: string; scrape: Record<string, unknown>; headers: string[] }[] = [
    { name: "no credentials", scrape: {}, headers: [] },
    {
      name: "basic auth",
      scrape: { basic_auth: { username: "ann", password: "pässwörd:" } },
      headers: [basic("ann:pässwörd:")],
    },
    { name: "basic auth without a password", scrape: { basic_auth: { username: "ann" } }, headers: [basic("ann:")] },
    {
      name: "a bearer token",
      scrape: { authorization: { credentials: "t0ken" } },
      headers: ["Authorization: Bearer t0ken"],
    },
    {
      name: "another scheme",
      scrape: { authorization: { type: "Token", credentials: "x" } },
      headers: ["Authorization: Token x"],
    },
    {
      name: "headers of one's own",
      scrape: { http_headers: { "X-Scope": { values: ["a", "b"], secrets: ["c"] } } },
      headers: ["X-Scope: a", "X-Scope: b", "X-Scope: c"],
    },
  ];
  test.each(cases)("$name", async ({ scrape, headers }) => {
    const served = await serveHttp(echo("authorization", "x-scope"));
    const fetch = fetchOf(served.address, scrape);
    for (let i = 0; i < 2; i++) expect(await page(fetch)).toBe(headers.join("\n"));
    expect(served.connections).toBe(1);
  });

  test("text that is not ASCII goes as UTF-8", async () => {
    const served = await serveHttp(echo("x-scope"));
    const sent = await page(fetchOf(served.address, { http_headers: { "X-Scope": { values: ["ä\u010a"] } } }));
    expect(Buffer.from(sent, "latin1").toString("utf8")).toBe("X-Scope: ä\u010a");
  });

  test("what Prometheus sends too", async () => {
    const served = await serveHttp(echo("host", "accept", "x-prometheus-scrape-timeout-seconds"));
    const sent = await page(fetchOf(served.address));
    expect(sent).toContain(`Host: ${served.address}\n`);
    expect(sent).toContain("Accept: text/plain;version=0.0.4");
    expect(sent).toContain("X-Prometheus-Scrape-Timeout-Seconds: 1.5");
  });
});

describe("secrets in files", () => {
  test.each([
    [
      "a bearer token",
      (file: string) => ({ authorization: { credentials_file: file } }),
      (text: string) => `Bearer ${text}`,
    ],
    [
      "a password",
      (file: string) => ({ basic_auth: { username: "ann", password_file: file } }),
      (text: string) => `Basic ${Buffer.from(`ann:${text}`).toString("base64")}`,
    ],
    ["a header", (file: string) => ({ http_headers: { Authorization2: { files: [file] } } }), (text: string) => text],
  ])("%s that rotates is used at once, on the kept connection", async (_, scrape, sent) => {
    const served = await serveHttp(echo("authorization", "authorization2"));
    const file = put("secret", "one\n");
    const fetch = fetchOf(served.address, scrape(file));
    expect(await page(fetch)).toMatch(new RegExp(`: ${sent("one")}$`));
    put("secret", "two\n");
    expect(await page(fetch)).toMatch(new RegExp(`: ${sent("two")}$`));
    rmSync(file);
    await expect(page(fetch)).rejects.toMatchObject({
      code: "credentials",
      message: expect.stringContaining("ENOENT"),
    });
    put("secret", "three");
    expect(await page(fetch)).toMatch(new RegExp(`: ${sent("three")}$`));
    expect(served.connections).toBe(1);
  });

  test.each(["one\r\nX-Evil: 1", "one\nX-Evil: 1", "one\0"])("a secret %j does not become headers", async (secret) => {
    const served = await serveHttp(echo("x-evil", "authorization"));
    const fetch = fetchOf(served.address, { authorization: { credentials_file: put("secret", `${secret}\n`) } });
    await expect(page(fetch)).rejects.toMatchObject({
      code: "credentials",
      message: expect.stringMatching(/^header Authorization: .*control character/),
    });
    expect(served.requests).toBe(0);
  });
});

describe("redirects", () => {
  const scrape = { authorization: { credentials: "t0ken" }, http_headers: { "X-Scope": { values: ["a"] } } };
  const head = echo("authorization", "x-scope");

  test("to the same host keep the credentials", async () => {
    const served = await serveHttp((request, response) => {
      if (request.url === "/metrics") response.writeHead(302, { location: "../other?x=1" }).end("see there");
      else head(request, response);
    });
    const fetch = fetchOf(served.address, scrape);
    for (let i = 0; i < 2; i++) expect(await page(fetch)).toBe("Authorization: Bearer t0ken\nX-Scope: a");
    expect(served.connections).toBe(3); // the one to the target is kept
  });

  test.each([301, 302, 303, 307, 308])("%i to another host leaves the credentials behind", async (status) => {
    const other = await serveHttp(head);
    const location = `http://${other.address}/there`;
    const served = await serveHttp((_request, response) => void response.writeHead(status, { location }).end());
    expect(await page(fetchOf(served.address, scrape))).toBe("");
    expect(other.requests).toBe(1);
  });

  test.each([
    ["in a circle", "/metrics", "more than 10 redirects", 11],
    ["to a file", "file:///etc/passwd", 'redirected to "file:///etc/passwd", which is no http or https address', 1],
    ["to nowhere", "http://", 'redirected to "http://"', 1],
  ])("%s", async (_, location, message, requests) => {
    const served = await serveHttp((_request, response) => void response.writeHead(302, { location }).end());
    await expect(page(fetchOf(served.address))).rejects.toThrow(message);
    expect(served.requests).toBe(requests);
    await expect.poll(() => served.sockets.size).toBe(1);
  });

  test("are an error where they are not to be followed", async () => {
    const served = await serveHttp((_request, response) => void response.writeHead(302, { location: "/x" }).end());
    const fetch = fetchOf(served.address, { follow_redirects: false });
    await expect(page(fetch)).rejects.toThrow("server returned HTTP status 302 Found");
  });

  test("an abort reaches the page behind the redirect", async () => {
    const served = await serveHttp((request, response) => {
      if (request.url === "/metrics") response.writeHead(302, { location: "/x" }).end();
    });
    const fetch = fetchOf(served.address);
    const fetching = page(fetch);
    await expect.poll(() => served.requests).toBe(2);
    fetch.abort(new Error("too late"));
    await expect(fetching).rejects.toThrow("too late");
    await expect.poll(() => served.sockets.size).toBe(1);
  });
});

describe("https", () => {
  let certificate: Certificate | undefined;
  beforeEach((context) => {
    certificate = makeCertificate(folder, "target");
    if (certificate === undefined) context.skip("no openssl on this machine");
  });
  const options = () => ({ cert: readFileSync(certificate!.cert), key: readFileSync(certificate!.key) });
  const secure = (listener: RequestListener) => serve(createHttpsServer(options(), listener));
  const answer: RequestListener = (_request, response) => void response.end("a 1\n".repeat(50_000));

  test.each([
    ["its authority in a file", () => ({ ca_file: certificate!.cert }), "127.0.0.1"],
    ["its authority in the configuration", () => ({ ca: readFileSync(certificate!.cert, "utf8") }), "localhost"],
    ["no check at all", () => ({ insecure_skip_verify: true }), "127.0.0.1"],
    ["another server name", () => ({ ca_file: certificate!.cert, server_name: "localhost" }), "127.0.0.1"],
    ["TLS 1.2", () => ({ ca_file: certificate!.cert, max_version: "TLS12" }), "127.0.0.1"],
  ])("with %s, over one kept connection", async (_, tls, host) => {
    const served = await secure(answer);
    const fetch = fetchOf(`${host}:${served.port}`, { scheme: "https", tls_config: tls() });
    for (let i = 0; i < 3; i++) expect(await page(fetch)).toHaveLength(200_000);
    expect(served.connections).toBe(1);
  });

  test.each([
    ["an unknown authority", () => ({}), /self-signed/i],
    ["a wrong name", () => ({ ca_file: certificate!.cert, server_name: "elsewhere" }), /elsewhere|altnames/i],
    ["an authority file that is gone", () => ({ ca_file: join(folder, "gone") }), /TLS file: ENOENT/],
    ["an authority file that is none", () => ({ ca_file: put("ca", "nonsense") }), /self-signed|PEM|cert/i],
  ])("%s is an error that says so", async (_, tls, message) => {
    const served = await secure(answer);
    const fetch = fetchOf(served.address, { scheme: "https", tls_config: tls() });
    await expect(page(fetch)).rejects.toMatchObject({ name: "ScrapeError", message: expect.stringMatching(message) });
  });

  test("a plain server", async () => {
    const served = await serveHttp(answer);
    const fetch = fetchOf(served.address, { scheme: "https", tls_config: { insecure_skip_verify: true } });
    await expect(page(fetch)).rejects.toMatchObject({ code: "connect" });
  });

  test("a client certificate, and an authority that was put right without a restart", async () => {
    const mutual = { ...options(), requestCert: true, rejectUnauthorized: true, ca: readFileSync(certificate!.cert) };
    const served = await serve(createHttpsServer(mutual, answer));
    const ca = put("ca", readFileSync(makeCertificate(folder, "other")!.cert, "utf8"));
    const tls = { ca_file: ca, cert_file: certificate!.cert, key_file: certificate!.key };
    const fetch = fetchOf(served.address, { scheme: "https", tls_config: tls });
    await expect(page(fetch)).rejects.toMatchObject({ code: "connect" });
    put("ca", readFileSync(certificate!.cert, "utf8"));
    expect(await page(fetch)).toHaveLength(200_000);
  });

  test("a redirect down to plain http leaves the credentials behind, on the same host too", async () => {
    const plain = await serveHttp(echo("authorization"));
    const tls = await secure((request, response) => {
      response.writeHead(302, { location: `http://${request.headers.host}/` }).end();
    });
    // One port for both, told apart by the first byte of a TLS handshake.
    const both = createTcpServer((socket) => {
      socket.once("data", (first) => {
        const behind = connect((first[0] === 0x16 ? tls : plain).port, "127.0.0.1");
        behind.on("error", () => socket.destroy());
        behind.write(first);
        socket.pipe(behind).pipe(socket);
      });
    });
    const served = await serve(both);
    const fetch = fetchOf(served.address, {
      scheme: "https",
      tls_config: { insecure_skip_verify: true },
      authorization: { credentials: "t0ken" },
    });
    expect(await page(fetch)).toBe("");
    expect(served.connections).toBe(2);
  });
});
