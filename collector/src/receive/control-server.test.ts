import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { exitCodeOf } from "@lockstep/process/exit-code";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readToken } from "./bearer-token.ts";
import { collectivesRoute } from "./collectives-route.ts";
import { type ControlServerOptions, startControlServer } from "./control-server.ts";
import type { PostedLines } from "./posted-lines.ts";

describe("the token's file", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lockstep-token-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("is read without the line end", async () => {
    await writeFile(join(folder, "token"), " secret\n");
    expect(await readToken(join(folder, "token"))).toBe("secret");
    expect(await readToken(undefined)).toBeUndefined();
  });

  test("is refused when it is empty or not there, with exit code 78", async () => {
    const file = join(folder, "token");
    const absent = await readToken(file).catch((error: unknown) => error);
    expect(String(absent)).toMatch(/^ConfigError: LOCKSTEP_TOKEN_FILE: the token cannot be read: ENOENT.*token/);
    expect(exitCodeOf(absent)).toBe(78);
    await writeFile(file, "\n");
    await expect(readToken(file)).rejects.toThrow(
      `LOCKSTEP_TOKEN_FILE: ${file} is empty, expected a token; write one into it`,
    );
  });
});

const bodies: string[] = [];
const collectives: Pick<PostedLines, "take"> = {
  take: async (body, key) => {
    bodies.push(`${key ?? ""} ${body}`);
    if (String(body).includes("bad")) return { status: 400, message: "rank: found nothing", line: 2 };
    if (String(body).includes("later")) return { status: 503, message: "later" };
    return { status: 202, accepted: 1, repeated: false };
  },
};
const posts = { "/v1/collectives": collectivesRoute(collectives) };
let running: { port: number; stop(): Promise<void> } | undefined;
afterEach(() => running?.stop());

async function start(options: Partial<ControlServerOptions> = {}): Promise<string> {
  const reload = async () => "Reloaded.";
  running = await startControlServer({ host: "127.0.0.1", port: 0, token: undefined, reload, posts, ...options });
  return `http://127.0.0.1:${running.port}`;
}

async function ask(url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, init);
  expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  return `${response.status} ${await response.text()}`;
}

describe("the control server", () => {
  const post = { method: "POST" };
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const cases: { name: string; path: string; init?: RequestInit; token?: string; answer: string }[] = [
    { name: "health", path: "/-/healthy", answer: "200 The collector is healthy.\n" },
    { name: "health needs no token", path: "/-/healthy?x=1", token: "t", answer: "200 The collector is healthy.\n" },
    { name: "reload", path: "/-/reload", init: post, answer: "200 Reloaded.\n" },
    {
      name: "reload by PUT, as Prometheus has it too",
      path: "/-/reload",
      init: { method: "PUT" },
      answer: "200 Reloaded.\n",
    },
    {
      name: "reload with the token",
      path: "/-/reload",
      init: { ...post, ...bearer("t") },
      token: "t",
      answer: "200 Reloaded.\n",
    },
    {
      name: "reload with another",
      path: "/-/reload",
      init: { ...post, ...bearer("u") },
      token: "t",
      answer: "401 This listener wants an Authorization header: Bearer and the token of token_file.\n",
    },
    {
      name: "reload without it",
      path: "/-/reload",
      init: post,
      token: "t",
      answer: "401 This listener wants an Authorization header: Bearer and the token of token_file.\n",
    },
    { name: "reload by GET", path: "/-/reload", answer: "405 Reload with POST.\n" },
    { name: "another path", path: "/metrics?x=1", answer: "404 Nothing is at /metrics.\n" },
    {
      name: "another path without the token",
      path: "/metrics",
      token: "t",
      answer: "401 This listener wants an Authorization header: Bearer and the token of token_file.\n",
    },
    {
      name: "a body is not waited for",
      path: "/-/reload",
      init: { ...post, body: "x".repeat(100_000) },
      answer: "200 Reloaded.\n",
    },
  ];
  test.each(cases)("$name", async ({ path, init, token, answer }) => {
    const base = await start({ token });
    expect(await ask(base + path, init)).toBe(answer);
  });

  test("a configuration that is refused answers why, and the server goes on", async () => {
    let bad = true;
    const reload = async () => {
      if (bad) throw new Error("prometheus.yml:3:1: found x, expected y");
      return "Reloaded.";
    };
    const base = await start({ reload });
    expect(await ask(`${base}/-/reload`, post)).toBe("500 prometheus.yml:3:1: found x, expected y\n");
    bad = false;
    expect(await ask(`${base}/-/reload`, post)).toBe("200 Reloaded.\n");
  });

  test("a port that is taken is an error of the start", async () => {
    await start();
    const options = { host: "127.0.0.1", port: running!.port, token: undefined, reload: async () => "", posts };
    await expect(startControlServer(options)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  describe("posted collectives", () => {
    const posted = async (init: RequestInit) => {
      const response = await fetch(`${await start()}/v1/collectives`, { method: "POST", ...init });
      return { status: response.status, retry: response.headers.get("retry-after"), body: await response.json() };
    };

    test("are taken, packed or not, with the sender's key", async () => {
      expect(await posted({ body: "line", headers: { "idempotency-key": "k" } })).toMatchObject({
        status: 202,
        body: { accepted: 1, repeated: false },
      });
      expect(bodies.at(-1)).toBe("k line");
      const headers = { "content-encoding": "gzip" };
      expect(await posted({ body: new Uint8Array(gzipSync("packed")), headers })).toMatchObject({ status: 202 });
      expect(bodies.at(-1)).toBe(" packed");
    });

    test.each([
      { name: "a bad line", init: { body: "bad" }, status: 400, error: "rank" },
      { name: "a full log", init: { body: "later" }, status: 503, error: "later" },
      { name: "GET", init: { method: "GET" }, status: 405, error: "POST" },
      { name: "too much", init: { body: "x".repeat(5 * 2 ** 20) }, status: 413, error: "several posts" },
      {
        name: "a bomb",
        init: { body: new Uint8Array(gzipSync(Buffer.alloc(9 * 2 ** 20))), headers: { "content-encoding": "gzip" } },
        status: 413,
        error: "unpacked",
      },
      {
        name: "a damaged body",
        init: { body: "no gzip", headers: { "content-encoding": "gzip" } },
        status: 400,
        error: "damaged",
      },
      { name: "zstd", init: { body: "x", headers: { "content-encoding": "zstd" } }, status: 415, error: "zstd" },
    ])("$name: $status", async ({ init, status, error }) => {
      const answer = await posted(init);
      expect(answer).toMatchObject({ status, body: { error: expect.stringContaining(error) } });
      expect(answer.retry).toBe(status === 503 ? "5" : null);
    });
  });

  test("stop does not wait for connections that are kept open", async () => {
    await start();
    const socket = connect(running!.port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await running!.stop();
    await closed;
  });
});
