import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { isAuthorized } from "./bearer-token.ts";
import { type ControlServerOptions, startControlServer } from "./control-server.ts";

describe("isAuthorized", () => {
  test.each<[string | undefined, string | undefined, boolean]>([
    [undefined, undefined, true],
    [undefined, "anything", true],
    ["secret", "Bearer secret", true],
    ["secret", "bearer   secret", true],
    ["two words", "Bearer two words", true],
    ["secret", undefined, false],
    ["secret", "", false],
    ["secret", "secret", false],
    ["secret", "Bearer", false],
    ["secret", "Bearer ", false],
    ["secret", "Bearer secret2", false],
    ["secret", "Bearer Secret", false],
    ["secret", "Basic secret", false],
    ["secret", "x Bearer secret", false],
    ["", "Bearer ", false],
  ])("token %j, header %j: %s", (token, header, expected) => {
    expect(isAuthorized(token, header)).toBe(expected);
  });
});

let running: { port: number; stop(): Promise<void> } | undefined;
afterEach(() => running?.stop());

async function start(options: Partial<ControlServerOptions> = {}): Promise<string> {
  const reload = async () => "Reloaded.";
  running = await startControlServer({ host: "127.0.0.1", port: 0, token: undefined, reload, ...options });
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
    const options = { host: "127.0.0.1", port: running!.port, token: undefined, reload: async () => "" };
    await expect(startControlServer(options)).rejects.toMatchObject({ code: "EADDRINUSE" });
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
