import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NextRequest } from "next/server";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { proxy } from "./proxy.ts";

const folder = mkdtempSync(join(tmpdir(), "lockstep-proxy-"));
const tokenFile = join(folder, "token");
beforeAll(() => writeFileSync(tokenFile, "s3cret\n"));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true }));

const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  proxy(new NextRequest(`http://localhost:3000${path}`, { method, headers: { host: "localhost:3000", ...headers } }));
const passes = (response: Response) => response.headers.get("x-middleware-next") === "1";

test("without a token this machine enters, and pages of other sites may not read", () => {
  vi.stubEnv("LOCKSTEP_TOKEN_FILE", "");
  const response = ask("/api/v1/labels", { origin: "https://other.example" });
  expect(passes(response)).toBe(true);
  expect(response.headers.get("access-control-allow-origin")).toBeNull();
  expect(ask("/", { host: "rebound.example" }).status).toBe(403);
});

test("with a token the API answers in its own JSON, and to the pages of any site that has the token", async () => {
  vi.stubEnv("LOCKSTEP_TOKEN_FILE", tokenFile);
  const refused = ask("/api/v1/labels");
  expect(refused.status).toBe(401);
  expect(refused.headers.get("www-authenticate")).toMatch(/^Bearer/);
  expect(await refused.json()).toMatchObject({ status: "error", errorType: "unauthorized" });
  const admitted = ask("/api/v1/labels", { authorization: "Bearer s3cret", origin: "https://other.example" });
  expect(passes(admitted)).toBe(true);
  expect(admitted.headers.get("access-control-allow-origin")).toBe("*");
  expect(admitted.headers.get("access-control-allow-credentials")).toBeNull();
  expect(ask("/api/v1/query", { origin: "https://other.example" }, "OPTIONS").status).toBe(204);
});

test("a person is led to the login, and back", () => {
  vi.stubEnv("LOCKSTEP_TOKEN_FILE", tokenFile);
  const rewritten = ask("/nodes?range=1h", { accept: "text/html" }).headers.get("x-middleware-rewrite");
  const url = new URL(rewritten!);
  expect([url.pathname, url.searchParams.get("to")]).toEqual(["/login", "/nodes?range=1h"]);
});

test("a token file that cannot be read lets nobody in but the question for health", () => {
  vi.stubEnv("LOCKSTEP_TOKEN_FILE", join(folder, "absent"));
  const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  expect(ask("/", { authorization: "Bearer s3cret" }).status).toBe(503);
  expect(passes(ask("/-/healthy"))).toBe(true);
  expect(log).toHaveBeenCalledTimes(2);
  log.mockRestore();
});
